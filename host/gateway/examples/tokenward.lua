-- Asks Tokenward about a request: forward-auth for HAProxy, by its own HTTP client, which does not block.

-- Where haproxy.cfg listens for questions.
local ADDRESS = "abns@tokenward"
-- In milliseconds, and more than haproxy.cfg waits for Tokenward: so it is haproxy.cfg that ends the wait.
local TIMEOUT = 4000

-- What belongs to the client's connection, or to the body, which stays here (RFC 9110 section 7.6.1).
local NOT_SENT = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["keep-alive"] = true,
  ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
}
-- The answers that reach the client as they are.
local REFUSALS = { [400] = true, [401] = true, [403] = true, [503] = true }
-- What of a refusal reaches the client.
local REPLIED = { "cache-control", "content-type", "www-authenticate", "x-tokenward-outcome", "x-tokenward-reason" }

-- A list from one of HAProxy's tables of values, which count from 0.
local function list(values)
  local all = {}
  local i = 0
  while values and values[i] do
    all[#all + 1] = values[i]
    i = i + 1
  end
  return all
end

local function refuse(txn, status, headers, body)
  local reply = txn:reply({ status = status, body = body })
  for name, values in pairs(headers) do
    for _, value in ipairs(values) do
      reply:add_header(name, value)
    end
  end
  txn:done(reply)
end

local function fault(txn)
  local headers = { ["cache-control"] = { "no-store" }, ["content-type"] = { "application/problem+json" } }
  local body = '{"type":"about:blank","title":"Service Unavailable","status":503,"outcome":"fault"}\n'
  refuse(txn, 503, headers, body)
end

local function authorize(txn)
  -- haproxy.cfg has taken out before what a client must not say. Two of a header stay two.
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not NOT_SENT[name] then
      headers[name] = list(values)
    end
  end
  headers["x-forwarded-method"] = { txn.f:method() }
  headers["x-forwarded-uri"] = { txn.f:pathq() }

  local answer = core.httpclient():get({
    url = "http://tokenward/forward-auth",
    dst = ADDRESS,
    headers = headers,
    timeout = TIMEOUT,
  })
  local given = answer and answer.headers or {}
  local outcome = list(given["x-tokenward-outcome"])[1]

  if answer and answer.status == 200 and outcome == "permit" then
    for name, values in pairs(given) do
      local value = list(values)[1] or ""
      local identity = name:find("^x%-tokenward%-") and name ~= "x-tokenward-outcome"
      if identity and value ~= "" then
        txn.http:req_set_header(name, value)
      end
    end
    txn:set_var("txn.tokenward", "permit")
  elseif answer and REFUSALS[answer.status] and outcome then
    local replied = {}
    for _, name in ipairs(REPLIED) do
      replied[name] = list(given[name])
    end
    refuse(txn, answer.status, replied, answer.body)
  else
    -- Nobody there, too late, or not Tokenward.
    fault(txn)
  end
end

core.register_action("tokenward", { "http-req" }, authorize, 0)
