//! Whether a client has an access token for itself: each issuer says so in its own way.
//!
//! What is asked for are claims that the issuer sets. No user is to be taken for
//! a machine, so that what contradicts itself or tells of a session is none.

use tokenward_policy::prelude::*;

use crate::{LAST_SEEN, STARTED, STATE, known};

/// The client (RFC 9068 section 2.2).
const CLIENT_ID: &str = "/client_id";
/// The authorized party (OpenID Connect Core section 2).
const AZP: &str = "/azp";
/// The client, as Okta names it.
const CID: &str = "/cid";
/// The grant, as Auth0 names it.
const GRANT: &str = "/gty";
/// Whether a user is there, as Entra ID says.
const ID_TYPE: &str = "/idtyp";
/// The name of the user (OpenID Connect Core section 5.1).
const USER_NAME: &str = "/preferred_username";

/// What is read.
pub(crate) const CLAIMS: [&str; 6] = [CLIENT_ID, AZP, CID, GRANT, ID_TYPE, USER_NAME];

/// Whether the token's subject is a client, and nothing tells of a session.
pub(crate) fn is_machine(input: &Input) -> bool {
    let Some(subject) = text(input, "/sub") else { return false };
    ["/auth_time", "/sid"].into_iter().all(|claim| input.claim(claim).is_none())
        && [STATE, STARTED, LAST_SEEN].into_iter().all(|fact| known(input, fact).is_none())
        && names_client(input, subject)
}

/// Whether the issuer says that the subject is a client.
fn names_client(input: &Input, subject: &str) -> bool {
    let mut client = None;
    for claim in [CLIENT_ID, AZP, CID] {
        if input.claim(claim).is_some() {
            let name = text(input, claim);
            // Two clients, or what is no client: not only this one has to do with the token.
            if name.is_none() || client.is_some() && client != name {
                return false;
            }
            client = name;
        }
    }
    // Entra ID: the subject is the client's own object, and of another name.
    if text(input, ID_TYPE) == Some("app") {
        return true;
    }
    let Some(client) = client else { return false };
    let has = |claim| input.claim(claim).is_some();
    // RFC 9068 section 2.2; Okta.
    let is_subject = subject == client;
    let is_auth0 = has(AZP)
        && text(input, GRANT) == Some("client-credentials")
        && subject.strip_suffix("@clients") == Some(client);
    // Keycloak: a service account is a user whose name, in lower case, is kept for it.
    let is_account = has(AZP)
        && has(CLIENT_ID)
        && text(input, USER_NAME)
            .and_then(|name| name.strip_prefix("service-account-"))
            .is_some_and(|name| name.eq_ignore_ascii_case(client));
    is_subject || is_auth0 || is_account
}

/// A text that is not empty.
fn text<'a>(input: &'a Input, claim: &str) -> Option<&'a str> {
    input.claim(claim)?.as_text().filter(|text| !text.is_empty())
}
