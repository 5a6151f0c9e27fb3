use super::*;
use crate::policy::{Actor, PurposeName, Said};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use fieldseal::kind::{Class, Kind};

/// Monday, 5 January 2026, 12:00:00 UTC.
const NOON: u64 = 1_767_614_400;

fn somebody(roles: &[&str], classes: &[Scope]) -> Actor {
    Actor::with_roles("desk", roles.iter().map(|role| (*role).to_owned()).collect(), classes.to_vec())
}

fn occasion(actor: Actor, access: Access) -> Occasion {
    Occasion::new(actor, None, NumericDate(NOON)).unwrap().access(access)
}

fn of_kind(id: &str) -> Facts {
    Facts::of_kind(Kind::parse(id).unwrap())
}

fn decide(rules: &Rules, occasion: &Occasion, facts: &Facts) -> Verdict {
    rules.session(occasion).decide(facts)
}

/// What a text of rules says about opening, to somebody of the role `r` who states no purpose.
fn ruling(text: &str, change: impl Fn(Occasion) -> Occasion, facts: &Facts) -> (Ruling, Option<String>) {
    let rules = Rules::parse(text).unwrap();
    let verdict = decide(&rules, &change(occasion(somebody(&["r"], &[]), Access::Open)), facts);
    (verdict.ruling(), verdict.rules())
}

#[test]
fn nothing_is_allowed_that_no_rule_allows() {
    let rules = Rules::parse("").unwrap();
    for access in Access::ALL {
        for actor in [Actor::operator("root"), somebody(&["opener"], &[Scope::All])] {
            let verdict = decide(&rules, &occasion(actor, access), &of_kind("text"));
            assert_eq!((verdict.ruling(), verdict.rules()), (Ruling::Refused, None));
        }
    }
    for duty in Duty::ALL {
        let occasion = occasion(Actor::operator("root"), Access::Open);
        assert_eq!(rules.admit(&occasion, duty).ruling(), Ruling::Refused);
    }
}

#[test]
fn forbid_wins_and_says_so() {
    let text = r#"
        @id("all") permit (principal, action, resource);
        @id("no-text") forbid (principal, action, resource is Token) when { resource.kind == "text" };
    "#;
    assert_eq!(ruling(text, |o| o, &of_kind("json")), (Ruling::Allowed, Some("all".to_owned())));
    assert_eq!(ruling(text, |o| o, &of_kind("text")), (Ruling::Refused, Some("no-text".to_owned())));
}

/// The longest number there is, plus one.
#[test]
fn a_rule_that_cannot_be_evaluated_refuses() {
    let text = r#"
        @id("all") permit (principal, action, resource);
        @id("broken") forbid (principal, action, resource is Token)
        when { context.batch + 9223372036854775807 < 0 };
    "#;
    assert_eq!(ruling(text, |o| o, &of_kind("text")), (Ruling::Refused, Some("broken".to_owned())));
}

#[test]
fn a_form_takes_leave_for_the_whole_and_for_each_kind_in_it() {
    let only = |kinds: &str| {
        format!(
            "@id(\"a\") permit (principal, action, resource is Token) when {{ [{kinds}].contains(resource.kind) }};"
        )
    };
    let form = Facts {
        fields: ["card-number", "card-expiry"].map(|id| Kind::parse(id).unwrap()).to_vec(),
        ..of_kind("payment-form")
    };
    for (kinds, ruled) in [
        (r#""payment-form", "card-number", "card-expiry""#, Ruling::Allowed),
        (r#""payment-form", "card-number""#, Ruling::Refused),
        (r#""payment-form", "card-expiry""#, Ruling::Refused),
        (r#""card-number", "card-expiry""#, Ruling::Refused),
    ] {
        assert_eq!(ruling(&only(kinds), |o| o, &form).0, ruled, "{kinds}");
    }
    let sees = r#"
        @id("all") permit (principal, action, resource);
        @id("no-cvc") forbid (principal, action, resource is Token) when { resource.fields.contains("card-expiry") };
    "#;
    assert_eq!(ruling(sees, |o| o, &form).0, Ruling::Refused);
    assert_eq!(ruling(sees, |o| o, &of_kind("card-number")).0, Ruling::Allowed);
}

#[test]
fn what_rules_are_told_of_a_request() {
    let text = |condition: &str| {
        format!("@id(\"a\") permit (principal, action, resource is Token) when {{ {condition} }};")
    };
    let full = |o: Occasion| {
        let o = Occasion { purpose: Some("refund".to_owned()), ..o };
        o.from(Some("::ffff:10.1.2.3".parse().unwrap())).batch(7)
    };
    let facts = Facts {
        field: "card".to_owned(),
        origin: "https://shop.example".to_owned(),
        sub: Some("u17".to_owned()),
        age: 40,
        ..of_kind("card-number")
    };
    for (condition, holds) in [
        (r#"context has purpose && context.purpose == "refund""#, true),
        (r#"context has purpose && context.purpose like "re*""#, true),
        (r#"context has address && context.address.isInRange(ip("10.0.0.0/8"))"#, true),
        (r#"context has address && context.address.isLoopback()"#, false),
        ("context.hour == 12 && context.weekday == 1 && context.time == 1767614400", true),
        ("context.batch == 7 && !context.approved", true),
        (r#"resource.class == "payment" && resource.kind == "card-number""#, true),
        (r#"resource.field == "card" && resource.origin == "https://shop.example""#, true),
        (r#"resource has sub && resource.sub == "u17" && resource.age == 40"#, true),
        ("resource.fields.isEmpty()", true),
        (r#"principal.name == "desk""#, true),
    ] {
        let ruled = ruling(&text(condition), full, &facts).0 == Ruling::Allowed;
        assert_eq!(ruled, holds, "{condition}");
    }
    for (condition, holds) in [("context has purpose", false), ("context has address", false)] {
        let ruled = ruling(&text(condition), |o| o, &of_kind("text")).0 == Ruling::Allowed;
        assert_eq!(ruled, holds, "{condition}");
    }
    assert_eq!(ruling(&text("resource has sub"), |o| o, &of_kind("text")).0, Ruling::Refused);
    // Sunday, 4 January 2026, 23:59:59, and a second later.
    for (time, weekday, hour) in [(1_767_571_199, 7, 23), (1_767_571_200, 1, 0)] {
        let condition = format!("context.weekday == {weekday} && context.hour == {hour}");
        let at = |o: Occasion| Occasion { now: NumericDate(time), ..o };
        assert_eq!(ruling(&text(&condition), at, &of_kind("text")).0, Ruling::Allowed, "{time}");
    }
}

#[test]
fn what_would_be_allowed_with_an_approval_asks_for_one() {
    let text = r#"@id("a") permit (principal, action, resource) when { context.approved };"#;
    assert_eq!(ruling(text, |o| o, &of_kind("text")).0, Ruling::ApprovalRequired);
    assert_eq!(ruling(text, |o| o.approved(true), &of_kind("text")).0, Ruling::Allowed);
    let never = r#"@id("a") permit (principal, action, resource) when { context.approved };
                   @id("b") forbid (principal, action, resource);"#;
    assert_eq!(ruling(never, |o| o, &of_kind("text")).0, Ruling::Refused);
}

#[test]
fn a_mistake_is_found_when_the_rules_are_read() {
    let rule = |id: &str, rest: &str| {
        format!("// A comment.\n@id(\"{id}\")\npermit (principal, action, resource{rest}")
    };
    for (text, complaint) in [
        (rule("a", ");").replace("permit", "allow"), "line 3"),
        (
            rule("a", " is Token) when { resource.knid == \"text\" };"),
            "line 3, column 54: for policy `a`, attribute `knid`",
        ),
        (rule("a", " is Token) when { resource.sub == \"x\" };"), "sub"),
        (rule("a", " is Token) when { resource.age == \"x\" };"), "line 3"),
        (rule("a", " is Tokn);"), "Tokn"),
        (rule("a", ");").replace("action,", "action == Action::\"opne\","), "opne"),
        (rule("a", ");").replace("@id(\"a\")", ""), "rule 1: give it an @id"),
        (rule("a b", ");"), "rule 1: give it an @id"),
        (rule("a", ");") + &rule("a", ");"), "rule 2: there is another rule with @id(\"a\")"),
        (rule("a", " == Token::\"x\");"), "Token::\"x\" is no token that there is"),
        (rule("a", ");").replace("principal,", "principal == ?principal,"), "?principal"),
        // One that never applies.
        (rule("a", " is Holder);").replace("action,", "action == Action::\"open\","), "line"),
    ] {
        let error = Rules::parse(&text).unwrap_err();
        assert_eq!(error.code(), Code::PolicyInvalid);
        assert!(error.to_string().contains(complaint), "{text}\n{error}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "@id(\"a\") permit (principal, action, resource is Token) when { resource.x };\n\
                @id(\"b\") permit (principal, action, resource is Token) when { resource.y };";
    let error = Rules::parse(text).unwrap_err().to_string();
    assert!(error.contains("line 1, ") && error.contains("line 2, "), "{error}");
}

#[test]
fn a_credential_that_lists_classes_gets_no_further() {
    let rules = Rules::standard().unwrap();
    let contact = [Scope::Class(Class::Contact)];
    let open = |actor: Actor, kind: &str| {
        let mut occasion = occasion(actor, Access::Open);
        occasion.purpose = Some("p".to_owned());
        let verdict = decide(&rules, &occasion, &of_kind(kind));
        (verdict.ruling(), verdict.rules().unwrap_or_default())
    };
    // Without a role it is an opener of these, as before there were roles.
    assert_eq!(open(somebody(&[], &contact), "email"), (Ruling::Allowed, "opener".to_owned()));
    assert_eq!(open(somebody(&[], &contact), "us-ssn"), (Ruling::Refused, "listed-classes".to_owned()));
    assert_eq!(open(somebody(&[], &[Scope::All]), "us-ssn").0, Ruling::Allowed);
    // With a role, both count.
    let officer = somebody(&["privacy-officer"], &contact);
    assert_eq!(open(officer.clone(), "email").0, Ruling::Allowed);
    assert_eq!(open(officer, "us-ssn").0, Ruling::Refused);
    assert_eq!(open(somebody(&["payments"], &[]), "card-number").0, Ruling::Allowed);
    assert_eq!(open(somebody(&[], &[]), "email").0, Ruling::Refused);
    // The operator's role is the operator's.
    assert_eq!(open(somebody(&["operator"], &[]), "email").0, Ruling::Refused);
    assert_eq!(open(Actor::service(), "email").0, Ruling::Refused);
}

#[test]
fn a_revoked_key_is_for_the_incident() {
    let rules = Rules::standard().unwrap();
    let may = |actor| rules.session(&occasion(actor, Access::Open)).may_use_revoked(&of_kind("text"));
    assert!(may(somebody(&["incident-commander"], &[])));
    assert!(may(Actor::operator("root")));
    for role in rules.roles().filter(|role| *role != "incident-commander") {
        assert!(!may(somebody(&[role], &[Scope::All])), "{role}");
    }
}

/// A token with the person's consent to these purposes.
fn consented(purposes: &str, time: u64) -> Facts {
    let consent = Consent { purposes: PurposeName::list(purposes), notice: Some("2".to_owned()), time };
    Facts { consent: Some(consent), ..of_kind("email") }
}

#[test]
fn what_rules_are_told_of_consent() {
    let text = |condition: &str| {
        format!("@id(\"a\") permit (principal, action, resource is Token) when {{ {condition} }};")
    };
    let of = |purpose: &'static str| move |o: Occasion| Occasion { purpose: Some(purpose.to_owned()), ..o };
    let facts = consented("surveys newsletter", 1000);
    for (condition, holds) in [
        ("resource has consent", true),
        (r#"context has purposeName && context.purposeName == "newsletter""#, true),
        (
            "resource has consent && context has purposeName && resource.consent.purposes.contains(context.purposeName)",
            true,
        ),
        (r#"resource has consent && resource.consent.purposes.containsAll(["newsletter", "surveys"])"#, true),
        (r#"resource has consent && resource.consent.purposes.contains("letters")"#, false),
        (r#"resource has consent && resource.consent has notice && resource.consent.notice == "2""#, true),
        ("resource has consent && context.time - resource.consent.time > 60", true),
        ("resource has consent && resource.consent.time > 1000", false),
    ] {
        let ruled = ruling(&text(condition), of("Newsletter: April"), &facts).0 == Ruling::Allowed;
        assert_eq!(ruled, holds, "{condition}");
    }
    assert_eq!(ruling(&text("resource has consent"), |o| o, &of_kind("email")).0, Ruling::Refused);
    assert_eq!(ruling(&text("context has purposeName"), of("!"), &facts).0, Ruling::Refused);
}

/// Purpose by what the person said, with the standard rules and an actor of every class.
#[test]
fn what_a_person_said_goes_before_every_role() {
    let rules = Rules::standard().unwrap();
    let plain = of_kind("email");
    let named = |purpose: &str| PurposeName::list(purpose);
    let objecting = Facts {
        said: Said { objections: named("profiling"), ..Said::default() },
        ..consented("profiling newsletter", 0)
    };
    let withdrawn = Facts {
        said: Said { withdrawn: named("newsletter"), ..Said::default() },
        ..consented("newsletter", 0)
    };
    let unsold = Facts { said: Said { do_not_sell: true, ..Said::default() }, ..plain.clone() };
    for (purpose, facts, refused) in [
        (None, &plain, None),
        (Some("billing"), &plain, None),
        (Some("sale"), &plain, None),
        (Some("newsletter"), &plain, Some("consent-missing")),
        (Some("Newsletter: April"), &plain, Some("consent-missing")),
        (Some("newsletter"), &consented("surveys", 0), Some("consent-missing")),
        (Some("newsletter"), &consented("surveys newsletter", 0), None),
        (Some("newsletter"), &objecting, None),
        (Some("profiling"), &objecting, Some("purpose-objected")),
        (Some("Profiling, as ever"), &objecting, Some("purpose-objected")),
        (None, &objecting, Some("purpose-unstated")),
        (Some("???"), &objecting, Some("purpose-unstated")),
        (Some("newsletter"), &withdrawn, Some("purpose-withdrawn")),
        (Some("billing"), &withdrawn, None),
        (Some("sale"), &unsold, Some("sale-opted-out")),
        (Some("Share"), &unsold, Some("sale-opted-out")),
        (Some("targeted-advertising"), &unsold, Some("sale-opted-out")),
        (Some("billing"), &unsold, None),
        (None, &unsold, Some("purpose-unstated")),
    ] {
        for actor in [Actor::operator("root"), somebody(&["opener"], &[Scope::All])] {
            let occasion = Occasion { purpose: purpose.map(str::to_owned), ..occasion(actor, Access::Open) };
            let verdict = decide(&rules, &occasion, facts);
            let rule = verdict.rules().filter(|_| verdict.ruling() == Ruling::Refused);
            assert_eq!(rule.as_deref(), refused, "{purpose:?} {facts:?}");
        }
    }
    // What shows nothing goes on: a password can be compared, and a stored token can move to a new key.
    for access in [Access::OpenMasked, Access::Verify, Access::Fingerprint, Access::Rewrap] {
        let occasion = occasion(Actor::operator("root"), access);
        assert_eq!(decide(&rules, &occasion, &unsold).ruling(), Ruling::Allowed, "{}", access.as_str());
    }
}

#[test]
fn marketing_goes_by_consent_alone() {
    let rules = Rules::standard().unwrap();
    let open = |kind: &str, purposes: &str, purpose: &str| {
        let occasion = Occasion {
            purpose: Some(purpose.to_owned()),
            ..occasion(somebody(&["marketing"], &[]), Access::Open)
        };
        let facts = Facts { consent: consented(purposes, 0).consent, ..of_kind(kind) };
        decide(&rules, &occasion, &facts).ruling() == Ruling::Allowed
    };
    assert!(open("email", "newsletter", "newsletter") && open("phone", "surveys", "Surveys 17"));
    assert!(!open("email", "newsletter", "surveys") && !open("email", "", "newsletter"));
    assert!(!open("card-number", "newsletter", "newsletter"));
}
