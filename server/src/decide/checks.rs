//! Which requests can be answered at all; names each bad field. Says nothing about a change's document: that is its result.

use syncline_protocol::{
    ChangeId, CollectionName, Credentials, DeviceId, InvalidId, Limits, Problem, ProblemCode, PullRequest,
    PushRequest, RecordId,
};

/// The shortest password, in characters.
pub const MIN_PASSWORD_CHARACTERS: usize = 8;

/// The longest password and the longest address, in characters: hashing must stay cheap to refuse.
pub const MAX_CREDENTIAL_CHARACTERS: usize = 1_024;

/// Collections in one pull.
pub const MAX_COLLECTIONS: usize = 100;

/// Checks a push: its number of changes and every id in it.
pub fn push(request: &PushRequest, limits: &Limits) -> Result<(), Problem> {
    let count = request.changes.len();
    if count > limits.changes {
        let wrong = format!("holds {count} changes, at most {} are taken", limits.changes);
        return Err(
            Problem::new(ProblemCode::TooLarge, "The push has too many changes").field("changes", wrong)
        );
    }
    let mut found = Found::default();
    found.id("device", DeviceId::parse(request.device.as_str()));
    for (index, change) in request.changes.iter().enumerate() {
        found.id(&format!("changes[{index}].id"), ChangeId::parse(change.id.as_str()));
        found.id(&format!("changes[{index}].collection"), CollectionName::parse(change.collection.as_str()));
        found.id(&format!("changes[{index}].record"), RecordId::parse(change.record.as_str()));
    }
    found.into_result()
}

/// Checks a pull: its limit, its number of collections and their names.
pub fn pull(request: &PullRequest) -> Result<(), Problem> {
    let mut found = Found::default();
    if request.limit == 0 {
        found.wrong("limit", "must be at least 1");
    }
    if request.collections.len() > MAX_COLLECTIONS {
        found.wrong("collections", format!("must be at most {MAX_COLLECTIONS}"));
    }
    for name in request.collections.keys() {
        found.id("collections", CollectionName::parse(name.as_str()));
    }
    found.into_result()
}

/// Checks who registers: an address with an `@`, a password of 8 characters or more.
pub fn registration(credentials: &Credentials) -> Result<(), Problem> {
    let mut found = Found::default();
    let is_address =
        credentials.email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !is_address || credentials.email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        found.wrong("email", "must be an address like name@example.com");
    }
    let characters = credentials.password.chars().count();
    if characters < MIN_PASSWORD_CHARACTERS {
        found.wrong("password", format!("must have at least {MIN_PASSWORD_CHARACTERS} characters"));
    }
    found.long(credentials);
    found.into_result()
}

/// Checks who logs in: whether what is sent is worth hashing.
pub fn login(credentials: &Credentials) -> Result<(), Problem> {
    let mut found = Found::default();
    found.long(credentials);
    found.into_result()
}

/// The bad fields met so far.
#[derive(Default)]
struct Found(Vec<(String, String)>);

impl Found {
    fn wrong(&mut self, field: &str, wrong: impl Into<String>) {
        self.0.push((field.to_owned(), wrong.into()));
    }

    fn id<T>(&mut self, field: &str, parsed: Result<T, InvalidId>) {
        if let Err(wrong) = parsed {
            self.wrong(field, wrong.to_string());
        }
    }

    fn long(&mut self, credentials: &Credentials) {
        for (name, text) in [("email", &credentials.email), ("password", &credentials.password)] {
            if text.chars().count() > MAX_CREDENTIAL_CHARACTERS {
                self.wrong(name, format!("must have at most {MAX_CREDENTIAL_CHARACTERS} characters"));
            }
        }
    }

    fn into_result(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        let problem =
            Problem::new(ProblemCode::InvalidRequest, "The request has fields that cannot be taken");
        Err(self.0.into_iter().fold(problem, |problem, (field, wrong)| problem.field(field, wrong)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong_fields(result: Result<(), Problem>) -> Vec<String> {
        result.err().map(|problem| problem.fields.into_keys().collect()).unwrap_or_default()
    }

    fn request(text: &str) -> PushRequest {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_bad_id_of_a_push_is_named() {
        let long = "x".repeat(257);
        let sent = request(&format!(
            r#"{{"device":"","changes":[{{"id":"a","collection":"c","record":"r","op":"delete","base":1,"editedAt":1}},
            {{"id":"","collection":"c","record":"{long}","op":"delete","base":1,"editedAt":1}}]}}"#
        ));
        let fields = wrong_fields(push(&sent, &Limits::default()));
        assert_eq!(fields, ["changes[1].id", "changes[1].record", "device"]);
    }

    #[test]
    fn a_push_with_too_many_changes_is_too_large() {
        let sent = request(
            r#"{"device":"d","changes":[{"id":"a","collection":"c","record":"r","op":"delete","base":1,"editedAt":1}]}"#,
        );
        let problem = push(&sent, &Limits { changes: 0, ..Limits::default() }).unwrap_err();
        assert_eq!(problem.code, ProblemCode::TooLarge);
        assert_eq!(wrong_fields(Err(problem)), ["changes"]);
        assert_eq!(push(&sent, &Limits::default()), Ok(()));
    }

    #[test]
    fn a_pull_without_limit_or_with_a_nameless_collection_is_refused() {
        let request = serde_json::from_str(r#"{"collections":{"":{"cursor":null}},"limit":0}"#).unwrap();
        assert_eq!(wrong_fields(pull(&request)), ["collections", "limit"]);
    }

    #[test]
    fn an_address_without_at_and_a_short_password_are_named() {
        let fields_of = |email: &str, password: &str| {
            wrong_fields(registration(&Credentials {
                email: email.to_owned(),
                password: password.to_owned(),
            }))
        };
        assert_eq!(fields_of("a", "1234567"), ["email", "password"]);
        assert_eq!(fields_of("@b", "12345678"), ["email"]);
        assert_eq!(fields_of("a@b", "éééééééé"), [""; 0]);
    }
}
