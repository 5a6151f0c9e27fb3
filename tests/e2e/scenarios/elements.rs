//! `<sealed-input>`: an input whose value leaves the page sealed, however its form is submitted.

mod closed;
mod life;
mod look;
mod rules;
mod typing;

use crate::Scenario;
use crate::world::{FETCH, Outcome, Stage, Typed, nothing_typed};
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::fixture::{Scene, Test};
use fieldseal_e2e::page::Page;
use serde_json::{Value, json};

/// All scenarios with elements.
pub(crate) fn all() -> Vec<Scenario> {
    [SUBMISSIONS, closed::ALL, typing::ALL, rules::ALL, life::ALL].concat()
}

const SUBMISSIONS: &[Scenario] = &[
    ("elements::clicked_button", |stage| post(stage, Way::Click)),
    ("elements::enter_key", |stage| post(stage, Way::Enter)),
    ("elements::request_submit", |stage| post(stage, Way::Script("document.forms[0].requestSubmit()"))),
    ("elements::form_submit", |stage| post(stage, Way::Script("document.forms[0].submit()"))),
    ("elements::fetch_form_data", |stage| post(stage, Way::Script(FETCH))),
    ("elements::multipart", |stage| form(stage, "method=\"post\" enctype=\"multipart/form-data\"", "")),
    ("elements::get", |stage| form(stage, "method=\"get\"", "")),
    ("elements::strict_policy", |stage| form(stage, "method=\"post\"", STRICT)),
    ("elements::twice", |stage| Box::pin(twice(stage))),
    ("elements::signer", |stage| Box::pin(attributes(stage, signer))),
    ("elements::pin", |stage| Box::pin(attributes(stage, |stage| Ok(format!("pin=\"{}\"", pins(stage)?))))),
    ("elements::trust_origin", |stage| Box::pin(attributes(stage, |_| Ok("trust=\"origin\"".into())))),
    ("elements::other_destination", |stage| Box::pin(other_destination(stage))),
    ("elements::mixed", |stage| Box::pin(mixed(stage))),
    ("elements::hints_and_claims", |stage| Box::pin(claims(stage))),
];

/// Nothing inline and nothing of anybody else's: neither style nor script.
const STRICT: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; \
                      form-action 'self'";

enum Way {
    Click,
    Enter,
    Script(&'static str),
}

/// A scene whose elements find the keys where their form is sent to.
fn scene(stage: &Stage) -> Result<Scene> {
    stage.parts.fixture.publish(&stage.parts.holder.key_set()?);
    Ok(Scene { config: json!({}), words: words("method=\"post\"", ""), ..Scene::default() })
}

fn words(form: &str, keys: &str) -> Vec<(String, String)> {
    vec![("form".into(), form.into()), ("keys".into(), keys.into())]
}

/// The thumbprints of all published keys, with spaces between.
fn pins(stage: &Stage) -> Result<String> {
    let set = stage.parts.holder.key_set()?;
    let kids: Vec<&str> =
        set["keys"].as_array().context("keys")?.iter().filter_map(|key| key["kid"].as_str()).collect();
    Ok(kids.join(" "))
}

fn signer(stage: &Stage) -> Result<String> {
    Ok(format!("signer='{}'", stage.parts.signer))
}

fn post(stage: Stage, way: Way) -> Outcome {
    Box::pin(async move {
        let scene = scene(&stage)?;
        submit(&stage, scene, way).await
    })
}

/// A form with other attributes, in a page with another policy.
fn form(stage: Stage, attributes: &'static str, policy: &'static str) -> Outcome {
    Box::pin(async move {
        let mut scene = scene(&stage)?;
        scene.words = words(attributes, "");
        scene.policy = (!policy.is_empty()).then(|| policy.to_owned());
        submit(&stage, scene, Way::Click).await
    })
}

async fn submit(stage: &Stage, scene: Scene, way: Way) -> Result<()> {
    let test = stage.open(scene, "elements.html").await?;
    let typed = fill(&stage.page, &test).await?;
    match way {
        Way::Click => stage.page.click("#send").await?,
        Way::Enter => stage.page.element("#ssn").await?.send_keys("\u{e007}").await?,
        Way::Script(script) => stage.page.script(script, vec![]).await.map(drop)?,
    }
    let received = test.wait_for(1).await?;
    arrived(stage, &test, 0, &typed).await?;
    let entries = received[0].entries().await?;
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    ensure!(entries.contains(&("quantity".into(), "2".into())), "the plain field is missing in {names:?}");
    let pressed = names.contains(&"action");
    ensure!(pressed == matches!(way, Way::Click | Way::Enter), "the button's entry is wrong in {names:?}");
    Ok(())
}

/// Types into all fields of elements.html, one key after the other.
async fn fill(page: &Page, test: &Test) -> Result<Vec<Typed>> {
    let n = test.number();
    let (card, ssn) = (card(n), format!("219{:02}{n:04}", n % 89 + 10));
    let typed = vec![
        ("full_name", "person-name", format!("Wilhelmina O'Shaughnessy-{n:04}")),
        ("card", "card-number", card),
        // Three digits are found by chance in every request; American Express has four.
        ("cvc", "card-cvc", (7000 + n % 1000).to_string()),
        ("ssn", "us-ssn", ssn),
        ("note", "text", format!("Leave it at no. {n:04} & ring, 50% \"quietly\"")),
    ];
    for (field, _, value) in &typed {
        type_into(page, &format!("#{field}"), value).await?;
    }
    type_into(page, "#nameless", &format!("nobody wants {n:04} this")).await?;
    Ok(typed)
}

/// One submission has a token for each field that opens to the normal form, and no byte of what was typed arrived.
async fn arrived(stage: &Stage, test: &Test, at: usize, filled: &[Typed]) -> Result<()> {
    let received = test.received();
    stage.check(test, received.get(at).context("no submission")?, filled).await?;
    nothing_typed(test, &[("nameless", "text", format!("nobody wants {:04} this", test.number()))])
}

/// A person's keys: the element is clicked, and what is typed goes wherever the focus went.
async fn type_into(page: &Page, selector: &str, keys: &str) -> Result<()> {
    let element = page.element(selector).await?;
    element.click().await?;
    element.send_keys(keys).await.with_context(|| format!("can't type into {selector}"))
}

/// A card number of American Express with a valid check digit, without spaces.
fn card(number: u32) -> String {
    let body = format!("37828224{number:06}");
    let digits = body.bytes().rev().enumerate().map(|(i, b)| u32::from(b - b'0') * (2 - i as u32 % 2));
    let sum: u32 = digits.map(|digit| if digit > 9 { digit - 9 } else { digit }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// The same page sends twice, with new tokens the second time.
async fn twice(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements.html").await?;
    let filled = fill(&stage.page, &test).await?;
    // The second one follows a submission that a script has stopped, whose tokens are not for it.
    for script in [
        FETCH,
        "document.forms[0].addEventListener('submit', (event) => {
           event.preventDefault();
           setTimeout(() => fetch('submit', { method: 'POST', body: new FormData(document.forms[0]) }), 50);
         });
         document.forms[0].requestSubmit();",
    ] {
        stage.page.script(script, vec![]).await?;
    }
    let received = test.wait_for(2).await?;
    for at in 0..2 {
        arrived(&stage, &test, at, &filled).await?;
    }
    let (first, second) = (received[0].entries().await?, received[1].entries().await?);
    for (field, _, _) in &filled {
        let of = |entries: &[(String, String)]| entries.iter().find(|(name, _)| name == field).cloned();
        ensure!(of(&first) != of(&second), "{field} was sent with the same token twice");
    }
    Ok(())
}

/// The elements say where the keys are and why to believe them.
async fn attributes(stage: Stage, trust: fn(&Stage) -> Result<String>) -> Result<()> {
    let mut scene = scene(&stage)?;
    scene.words = words("method=\"post\"", &format!("keys=\"{}\" {}", stage.parts.keys()?, trust(&stage)?));
    submit(&stage, scene, Way::Click).await
}

/// The form goes to another origin: the values are sealed to that origin's keys, which are loaded once.
async fn other_destination(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements.html").await?;
    let page = &stage.page;
    let action = format!("{}/anything", stage.parts.holder.url()?);
    page.script("document.forms[0].setAttribute('action', arguments[0]);", vec![action.into()]).await?;
    // The next focus loads them.
    let filled = fill(page, &test).await?;
    page.wait_script(
        "await Promise.all([...document.querySelectorAll('sealed-input')].map((e) => e.ready));",
    )
    .await?;
    page.script(FETCH, vec![]).await?;
    test.wait_for(1).await?;
    let keys = stage.parts.keys()?;
    let loads = state(page, &format!("performance.getEntriesByName('{keys}').length")).await?;
    ensure!(loads == 1, "the keys were loaded {loads} times");
    arrived(&stage, &test, 0, &filled).await
}

/// Two elements and a native control that a guard seals, on one form; what is disabled, and what is outside.
async fn mixed(stage: Stage) -> Result<()> {
    let mut scene = scene(&stage)?;
    scene.config = json!({ "guard": stage.parts.keys()? });
    let test = stage.open(scene, "elements-mixed.html").await?;
    let n = test.number();
    let page = &stage.page;
    let native = format!("219-{:02}-{n:04}", n % 89 + 10);
    page.fill("#native", &native).await?;
    type_into(page, "#two", &format!("typed into two {n:04}")).await?;
    let typed = [
        ("native", "us-ssn", native.replace('-', "")),
        ("one", "text", format!("default-{n:04}-one")),
        ("two", "text", format!("typed into two {n:04}")),
        ("outside", "text", format!("outside-{n:04}-x")),
    ];
    page.click("#send").await?;
    let received = test.wait_for(1).await?;
    stage.check(&test, &received[0], &typed).await?;
    let left =
        [("disabled", "text", format!("disabled-{n:04}-x")), ("inside", "text", format!("inside-{n:04}-x"))];
    nothing_typed(&test, &left)
}

/// What the attributes say about a token is in it.
async fn claims(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements.html").await?;
    let filled = fill(&stage.page, &test).await?;
    stage
        .page
        .script(
            "const card = document.querySelector('#card');
             card.setAttribute('hint', 'brand  last4');
             card.setAttribute('sub', 'c-7f3a');
             card.once = true;
             card.lifetime = 60;",
            vec![],
        )
        .await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    arrived(&stage, &test, 0, &filled).await?;
    let entries = received[0].entries().await?;
    let (_, token) = entries.iter().find(|(name, _)| name == "card").context("no card")?;
    let header = fieldseal_e2e::received::header(token)?;
    let last4 = &card(test.number())[11..];
    ensure!(header["hint"]["brand"] == "amex" && header["hint"]["last4"] == *last4, "the hints are {header}");
    ensure!(header["sub"] == "c-7f3a" && header["once"] == true, "the claims are {header}");
    let lives = header["exp"].as_u64().zip(header["iat"].as_u64()).map(|(exp, iat)| exp - iat);
    ensure!(lives.is_some_and(|seconds| seconds.abs_diff(60) <= 1), "the token's time is {header}");
    Ok(())
}

/// What a page says of its state.
async fn state(page: &Page, expression: &str) -> Result<Value> {
    page.script(&format!("return {expression};"), vec![]).await
}
