//! The golden matrix: every role by action by kind, as a person reads it in `policy/matrix.md`, enforced by the
//! real service over HTTP.

use crate::support::{Place, Server, options, seal, seal_form, seal_form_with};
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::SealOptions;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policy/matrix.md")
}

/// `BLESS=1` writes it anew, for a person to read the difference.
#[test]
fn the_matrix_is_the_one_that_was_read() {
    let made = Place::empty().run(&["policy", "matrix"]).ok();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(golden(), &made).unwrap();
    }
    let read = std::fs::read_to_string(golden()).unwrap();
    assert_eq!(made, read, "the rules came to something else: run this with BLESS=1 and read the difference");
}

/// What a cell of the matrix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Needs {
    purpose: bool,
    consent: bool,
    approval: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    one: Option<Needs>,
    many: Option<(usize, Option<Needs>)>,
}

impl Cell {
    fn parse(text: &str) -> Self {
        let needs = |text: &str| match text {
            "–" => None,
            "✓" => Some(Needs { purpose: false, consent: false, approval: false }),
            text => {
                let words: Vec<&str> = text.split(" + ").collect();
                let [purpose, consent, approval] =
                    ["purpose", "consent", "approval"].map(|word| words.contains(&word));
                let known = [purpose, consent, approval].into_iter().filter(|is| *is).count();
                assert_eq!(known, words.len(), "{text}");
                Some(Needs { purpose, consent, approval })
            }
        };
        match text.split_once("; from ") {
            None => Self { one: needs(text), many: None },
            Some((one, many)) => {
                let (from, many) = many.split_once(": ").unwrap();
                Self { one: needs(one), many: Some((from.parse().unwrap(), needs(many))) }
            }
        }
    }
}

type Matrix = BTreeMap<(String, String), Vec<(Kind, Cell)>>;

/// Reads the matrix as a person would: by role and action, each kind with its cell.
fn read_matrix() -> Matrix {
    let text = std::fs::read_to_string(golden()).unwrap();
    let mut matrix = Matrix::new();
    let (mut action, mut columns): (String, Vec<Vec<Kind>>) = Default::default();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            (action, columns) = (title.to_owned(), Vec::new());
        }
        let Some(row) = line.strip_prefix("| ").filter(|_| !action.contains(' ')) else { continue };
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        match cells[0] {
            "---" => {}
            "role" => columns = cells[1..].iter().map(|title| kinds_of(title)).collect(),
            role => {
                let cells = columns.iter().zip(&cells[1..]).flat_map(|(kinds, cell)| {
                    let cell = Cell::parse(cell);
                    kinds.iter().map(move |kind| (*kind, cell.clone()))
                });
                matrix.insert((role.to_owned(), action.clone()), cells.collect());
            }
        }
    }
    matrix
}

/// The kinds of a column: all of a class, or those that are named.
fn kinds_of(title: &str) -> Vec<Kind> {
    let of_class: Vec<_> = Kind::all().filter(|kind| kind.class().as_str() == title).collect();
    if of_class.is_empty() {
        title.split(", ").map(|id| Kind::parse(id).unwrap()).collect()
    } else {
        of_class
    }
}

/// A token of this kind whose value is `x`, or for a form the member `a` with it. A single value can have the person's
/// consent to the purpose of this test.
fn token(keys: &KeySet, kind: Kind, consent: bool) -> String {
    let consent = consent.then(|| crate::support::consent("test")).flatten();
    if !kind.is_form() {
        return seal(keys, &SealOptions { consent, ..options("f", kind.as_str()) }, "\"x\"");
    }
    if consent.is_some() {
        return seal_form_with(keys, &[("a", inner(kind).as_str(), "\"x\"")], consent);
    }
    seal_form(keys, &[("a", inner(kind).as_str(), "\"x\"")])
}

/// A kind of what is in a form of this kind.
fn inner(form: Kind) -> Kind {
    Kind::all().find(|inner| inner.class() == form.class()).unwrap()
}

fn item(action: &str, kind: Kind, token: &str) -> Value {
    match (action, kind.is_form()) {
        ("verify", true) => json!({ "token": token, "candidate": { "a": "x" } }),
        ("verify", false) => json!({ "token": token, "candidate": "x" }),
        _ => json!(token),
    }
}

/// Whether a result is the answer to what was asked.
fn is_answer(action: &str, kind: Kind, result: &Value) -> bool {
    let part = if kind.is_form() { &result["fields"]["a"] } else { result };
    match action {
        "open" => result["value"] == if kind.is_form() { json!({ "a": "x" }) } else { json!("x") },
        "open-masked" => part["masked"].is_string() && part["hints"].is_object(),
        "verify" => result["equal"] == true,
        "fingerprint" => part["fingerprint"].as_str().is_some_and(|text| text.len() == 43),
        // The key is the current one, so the token stays as it is.
        "rewrap" => result["token"].is_string() && result["rewrapped"] == false,
        other => panic!("{other}"),
    }
}

/// What can be asked about a token.
const ACTIONS: [&str; 5] = ["open", "open-masked", "verify", "fingerprint", "rewrap"];

struct Trial<'a> {
    server: &'a Server,
    keys: &'a KeySet,
    approver: &'a str,
    secret: &'a str,
    role: &'a str,
    action: &'static str,
}

impl Trial<'_> {
    fn send(&self, items: &[Value], purpose: bool, approval: Option<&str>) -> Value {
        let mut body = json!({ "tokens": items });
        if purpose {
            body["purpose"] = json!("test of the matrix");
        }
        if let Some(id) = approval {
            body["approval"] = json!(id);
        }
        let answered = self.server.ask(self.secret, &format!("/v1/{}", self.action), &body);
        assert_eq!(answered.status, 200, "{} {}: {}", self.role, self.action, answered.body);
        answered.json()
    }

    /// Sends kinds of which the matrix says the same, without and with a purpose, and with an approval.
    fn hold(&self, kinds: &[Kind], needs: Option<Needs>) {
        for (purpose, consent) in [(false, false), (true, false), (true, true)] {
            // Consent is tried where it makes a difference.
            if consent && !needs.is_some_and(|needs| needs.consent) {
                continue;
            }
            let items: Vec<Value> = kinds
                .iter()
                .map(|kind| item(self.action, *kind, &token(self.keys, *kind, consent)))
                .collect();
            let said = self.send(&items, purpose, None);
            let enough = needs.filter(|needs| (purpose || !needs.purpose) && (consent || !needs.consent));
            match enough {
                None => self.assert_all(&said, kinds, Some("not-allowed")),
                Some(Needs { approval: false, .. }) => self.assert_all(&said, kinds, None),
                Some(Needs { approval: true, .. }) => {
                    self.assert_all(&said, kinds, Some("approval-required"));
                    let id = said["approval"].as_str().unwrap();
                    let approved = self.server.ask(self.approver, &format!("/v1/approvals/{id}"), &json!({}));
                    assert_eq!(approved.status, 200, "{}", approved.body);
                    self.assert_all(&self.send(&items, purpose, Some(id)), kinds, None);
                }
            }
        }
    }

    fn assert_all(&self, said: &Value, kinds: &[Kind], refused: Option<&str>) {
        let results = said["results"].as_array().unwrap();
        assert_eq!(results.len(), kinds.len());
        for (result, kind) in results.iter().zip(kinds) {
            let holds = match refused {
                Some(code) => result["error"]["code"] == code,
                None => is_answer(self.action, *kind, result),
            };
            assert!(holds, "{} {} {}: {refused:?} {result}", self.role, self.action, kind.as_str());
        }
    }
}

#[test]
fn every_role_by_action_by_kind() {
    let matrix = read_matrix();
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let mut roles: Vec<&str> = matrix.keys().map(|(role, _)| role.as_str()).collect();
    roles.dedup();
    assert!(roles.len() >= 10, "{roles:?}");
    let approver = place.role("second-person", &["approver"]);
    // Those who run commands are tried below.
    roles.retain(|role| *role != "operator");
    let secrets: Vec<String> = roles
        .iter()
        .map(
            |role| if *role == "opener" { place.credential(role, &["*"]) } else { place.role(role, &[role]) },
        )
        .collect();
    let server = place.serve();
    let mut cells = 0;
    for (role, secret) in roles.iter().zip(&secrets) {
        for action in ACTIONS {
            let trial = Trial { server: &server, keys: &keys, approver: &approver, secret, role, action };
            let all = &matrix[&((*role).to_owned(), action.to_owned())];
            assert_eq!(all.len(), Kind::all().count());
            cells += all.len();
            let mut groups: Vec<(Cell, Vec<Kind>)> = Vec::new();
            for (kind, cell) in all {
                match groups.iter_mut().find(|(known, _)| known == cell) {
                    Some((_, kinds)) => kinds.push(*kind),
                    None => groups.push((cell.clone(), vec![*kind])),
                }
            }
            for (cell, kinds) in groups {
                let most = cell.many.map_or(kinds.len(), |(from, _)| from - 1);
                for kinds in kinds.chunks(most) {
                    trial.hold(kinds, cell.one);
                }
                if let Some((from, needs)) = cell.many {
                    let many: Vec<Kind> = kinds.iter().copied().cycle().take(from).collect();
                    trial.hold(&many, needs);
                }
            }
        }
    }
    assert_eq!(cells, roles.len() * ACTIONS.len() * Kind::all().count());
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
}

#[test]
fn the_operator_may_ask_everything() {
    let matrix = read_matrix();
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let kinds: Vec<Kind> = Kind::all().collect();
    for (action, command) in
        [("open", &["open"][..]), ("open-masked", &["open", "--masked"]), ("fingerprint", &["fingerprint"])]
    {
        let cells = &matrix[&("operator".to_owned(), action.to_owned())];
        assert!(cells.iter().all(|(_, cell)| *cell == Cell::parse("✓")));
        let tokens: Vec<String> = kinds.iter().map(|kind| token(&keys, *kind, false)).collect();
        let lines = place.run_with_input(command, tokens.join("\n").as_bytes()).ok();
        for (line, kind) in lines.lines().zip(&kinds) {
            assert!(is_answer(action, *kind, &serde_json::from_str(line).unwrap()), "{action} {line}");
        }
        assert_eq!(lines.lines().count(), kinds.len());
    }
    for kind in kinds {
        let candidate = if kind.is_form() { r#"{"a":"x"}"# } else { r#""x""# };
        let args = ["verify", "--json-candidate", &token(&keys, kind, false)];
        assert_eq!(place.run_with_input(&args, candidate.as_bytes()).ok(), "equal\n", "{}", kind.as_str());
    }
}

#[test]
fn the_record_names_the_rule() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.role("desk", &["payments", "support"]);
    let keys = place.keys();
    let server = place.serve();
    let card = seal(&keys, &options("card", "card-number"), "\"4242424242424242\"");
    let ssn = seal(&keys, &options("ssn", "us-ssn"), "\"078051120\"");
    let body = json!({ "tokens": [card, ssn], "purpose": "refund 17" });
    server.ask(&secret, "/v1/open", &body);
    server.ask(&secret, "/v1/open-masked", &body);
    let records = place.audit();
    let told: Vec<_> = records[records.len() - 4..]
        .iter()
        .map(|r| (r["action"].as_str().unwrap(), r["outcome"].as_str().unwrap(), r["rule"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("open", "granted", Some("payments-open")),
            ("open", "not-allowed", None),
            ("open-masked", "granted", Some("payments-masks support-masks")),
            ("open-masked", "granted", Some("support-masks")),
        ]
    );
}
