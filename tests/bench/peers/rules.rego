# The four policies as Rego. Detection is less than ours does: names, and three
# patterns over values, without check digits, decoding or context.
package tokenward.PLACE

sensitive := {
	"name", "full_name", "given_name", "family_name", "email", "phone", "phone_number", "address",
	"birthdate", "dob", "ssn", "passport", "tax_id", "patient_name", "diagnosis", "medications",
	"mrn", "card_number", "pan", "cvv", "iban", "password", "secret", "api_key", "private_key",
}

findings contains f if {
	some name, _ in input.claims
	name in sensitive
	f := {"rule": "personal-data", "claim": name}
}

findings contains f if {
	some name, value in input.claims
	is_string(value)
	regex.match(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`, value)
	f := {"rule": "e-mail", "claim": name}
}

findings contains f if {
	some name, value in input.claims
	is_string(value)
	regex.match(`\b\d{3}-\d{2}-\d{4}\b`, value)
	f := {"rule": "ssn", "claim": name}
}

findings contains f if {
	some name, value in input.claims
	is_string(value)
	regex.match(`\b(?:\d[ -]?){13,19}\b`, value)
	f := {"rule": "pan", "claim": name}
}

scopes := {s | some s in split(input.claims.scope, " ")}

findings contains {"rule": "missing-scope"} if {
	input.request.method == "GET"
	startswith(input.request.path, "/records/")
	not "records:read" in scopes
}

findings contains {"rule": "missing-scope"} if {
	input.request.method == "POST"
	input.request.path == "/records"
	not "records:write" in scopes
}

findings contains {"rule": "broad-scope"} if {
	some s in scopes
	s in {"*", "admin", "all", "root"}
}

findings contains {"rule": "lifetime-too-long"} if input.claims.exp - input.claims.iat > 3600

findings contains {"rule": "issued-in-future"} if input.claims.iat > input.now + 60

points := sum([w |
	some name, w in {"unusual-location": 30, "unusual-time": 20, "failed-attempts": 30, "new-device": 25}
	input.signals[name] == true
])

findings contains {"rule": "high-risk"} if points >= 80

findings contains {"rule": "elevated-risk"} if {
	points >= 50
	points < 80
}
