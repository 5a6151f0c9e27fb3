//! The roles that the console can act as, from the file of `--roles`.

use secrecy::SecretString;
use serde::Deserialize;

/// A role: a name for people, the bearer credential that the key holder knows it by, and the classes that it may open.
///
/// The key holder alone decides what a role opens; the classes are here only to explain a refusal beforehand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The name that the page shows, such as `Payments desk`.
    pub name: String,
    /// The credential. It is a type that neither prints nor serialises, so it cannot end up in an answer or a log.
    pub credential: SecretString,
    /// The classes of data, such as `payment`; `*` stands for all.
    #[serde(default)]
    pub classes: Vec<String>,
}

/// Why the roles cannot be read. The file holds credentials, so nothing of it is repeated here but the place of the fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RolesError {
    /// The file is not a JSON list of roles.
    #[error(
        "the roles are malformed at line {line}, column {column}; write [{{\"name\": …, \"credential\": …, \"classes\": […]}}]"
    )]
    Malformed {
        /// The line of the fault.
        line: usize,
        /// The column of the fault.
        column: usize,
    },
    /// There is no role, or a role has no name or shares it.
    #[error("give at least one role, and each a name of its own")]
    Names,
}

impl RolesError {
    /// A stable name for the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "roles-malformed",
            Self::Names => "roles-names",
        }
    }
}

impl Role {
    /// Reads the list of roles.
    pub fn list(json: &str) -> Result<Vec<Self>, RolesError> {
        let roles: Vec<Self> = serde_json::from_str(json)
            .map_err(|error| RolesError::Malformed { line: error.line(), column: error.column() })?;
        let mut names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() || names.len() < roles.len() || names[0].is_empty() {
            return Err(RolesError::Names);
        }
        Ok(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_list() {
        let roles = Role::list(r#"[{"name":"Payments desk","credential":"fsk_x","classes":["payment"]}]"#)
            .expect("roles");
        assert_eq!(
            (roles[0].name.as_str(), roles[0].classes.as_slice()),
            ("Payments desk", &["payment".to_owned()][..])
        );
        assert!(!format!("{roles:?}").contains("fsk_x"));
    }

    #[test]
    fn refuses_without_repeating_the_file() {
        for (json, code) in [
            ("fsk_secret", "roles-malformed"),
            (r#"[{"name":"A","credential":{"fsk_secret":1}}]"#, "roles-malformed"),
            (r#"[{"name":"A","credential":"x","fsk_secret":1}]"#, "roles-malformed"),
            ("[]", "roles-names"),
            (r#"[{"name":"","credential":"fsk_secret"}]"#, "roles-names"),
            (r#"[{"name":"A","credential":"fsk_secret"},{"name":"A","credential":"x"}]"#, "roles-names"),
        ] {
            let error = Role::list(json).expect_err(json);
            assert_eq!(error.code(), code);
            assert!(!format!("{error} {error:?}").contains("fsk_secret"));
        }
    }
}
