// A real OpenID provider for the end-to-end test: `node oidc-provider.mjs PORT`, 0 for any free port, on loopback.
//
// When it listens it prints `ready PORT KID`. Then it takes commands, a line each, on standard input, answers each
// with one line, and ends when its input ends:
//
//   rotate   a new key signs, the old keys are still published          -> rotated KID
//   drop     only the key that signs is still published                 -> dropped KID,…
//   down     it listens no more, and closes its connections             -> down
//   up       it listens again on the same port, with the same keys      -> up
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { Provider, errors } from 'oidc-provider';

// Standard output is for answers: the provider's notices go to standard error.
const say = (line) => process.stdout.write(`${line}\n`);
console.info = console.error;

const AUDIENCE = 'https://api.example';
const SCOPE = 'orders:read orders:write';
// Of a token, in seconds.
const LIFETIME = 600;

// By client credentials, which go in the form of the request (`client_secret_post`).
const clients = [
  { client_id: 'orders', client_secret: 'orders-secret' },
  // Its tokens carry an e-mail address.
  { client_id: 'email', client_secret: 'email-secret' },
  // Its tokens are valid for two seconds.
  { client_id: 'short', client_secret: 'short-secret' },
].map((client) => ({
  ...client,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: SCOPE,
  token_endpoint_auth_method: 'client_secret_post',
  // There is no RSA key, which is the default.
  id_token_signed_response_alg: 'ES256',
}));

let generated = 0;
function newKey() {
  generated += 1;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${generated}`, alg: 'ES256', use: 'sig' };
}

// The first one signs.
let keys = [newKey()];
let answer;

// A provider's keys cannot be changed: each set has a provider of its own, behind one address.
function provide(issuer) {
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys },
    scopes: SCOPE.split(' '),
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: { ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIME },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: (_ctx, resource, client) => {
          if (resource !== AUDIENCE) throw new errors.InvalidTarget();
          return {
            scope: SCOPE,
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            accessTokenTTL: client.clientId === 'short' ? 2 : LIFETIME,
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    extraTokenClaims: (_ctx, token) => (token.clientId === 'email' ? { email: 'alice@example.com' } : undefined),
  });
  answer = provider.callback();
}

const server = createServer((request, response) => answer(request, response));
const listen = (port) => new Promise((resolve) => { server.listen(port, '127.0.0.1', resolve); });

await listen(Number(process.argv[2] ?? 0));
const { port } = server.address();
const issuer = `http://127.0.0.1:${port}`;
provide(issuer);
say(`ready ${port} ${keys[0].kid}`);

for await (const command of createInterface({ input: process.stdin })) {
  switch (command.trim()) {
    case 'rotate':
      keys = [newKey(), ...keys];
      provide(issuer);
      say(`rotated ${keys[0].kid}`);
      break;
    case 'drop': {
      const dropped = keys.slice(1).map((key) => key.kid);
      keys = keys.slice(0, 1);
      provide(issuer);
      say(`dropped ${dropped.join(',')}`);
      break;
    }
    case 'down':
      await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
      say('down');
      break;
    case 'up':
      await listen(port);
      say('up');
      break;
    default:
      say(`unknown command \`${command}\`; accepted: rotate, drop, down, up`);
  }
}
process.exit(0);
