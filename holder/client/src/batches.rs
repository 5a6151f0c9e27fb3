//! How items are divided among requests.

use zeroize::Zeroizing;

/// What the key holder takes at once: 100 tokens and 1 MiB, less some room for the JSON around them.
pub(crate) const TOKENS: usize = 100;
const BYTES: usize = 900 * 1024;

/// Splits JSON texts so that each part is within the limits, as far as each text by itself is.
pub(crate) fn batches(items: Vec<Zeroizing<String>>, most: usize) -> Vec<Vec<Zeroizing<String>>> {
    let mut parts: Vec<Vec<Zeroizing<String>>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let length = item.len() + 1;
        match parts.last_mut() {
            Some(part) if part.len() < most && bytes + length <= BYTES => {
                bytes += length;
                part.push(item);
            }
            _ => {
                bytes = length;
                parts.push(vec![item]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_the_limits_and_the_order() {
        let wiped = |items: Vec<String>| items.into_iter().map(Zeroizing::new).collect::<Vec<_>>();
        let sizes =
            |items: Vec<String>, most| batches(wiped(items), most).iter().map(Vec::len).collect::<Vec<_>>();
        let short = || "t".to_owned();
        let long = || "x".repeat(BYTES / 2 + 1);
        assert_eq!(sizes(vec![], TOKENS), [0; 0]);
        assert_eq!(sizes(vec![short(); 250], TOKENS), [100, 100, 50]);
        assert_eq!(sizes(vec![short(); 17], 8), [8, 8, 1]);
        assert_eq!(sizes(vec![short(), long(), long(), short()], TOKENS), [2, 2]);
        assert_eq!(sizes(vec!["x".repeat(BYTES + 1), short()], TOKENS), [1, 1]);
        let order: Vec<String> = (0..250).map(|i| i.to_string()).collect();
        assert_eq!(batches(wiped(order.clone()), TOKENS).concat(), wiped(order));
    }
}
