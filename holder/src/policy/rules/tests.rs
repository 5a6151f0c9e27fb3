use super::*;

#[test]
fn the_standard_rules_hold() {
    Rules::parse(DEFAULT).unwrap();
}
