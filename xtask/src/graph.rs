//! Which files a page downloads when it imports a module: the module and everything that it imports statically.

use anyhow::{Context, Result};
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Follows the static imports of a built ES module. Each is one statement at the start of a
/// line or after another, with a relative address, so an expression finds them all; `import type` is gone by then. An `import()` is fetched
/// only when it runs, so it is not part of this.
pub(crate) fn modules(entry: &Path) -> Result<BTreeSet<PathBuf>> {
    let statement =
        Regex::new(r#"(?ms)(?:^|;)\s*(?:import|export)\b(?:[\s\w$*{},]*?\bfrom\b)?\s*["'](\.[^"']+)["']"#)?;
    let mut found = BTreeSet::new();
    let mut ahead = vec![entry.to_path_buf()];
    while let Some(path) = ahead.pop() {
        let path =
            path.canonicalize().with_context(|| format!("{} is imported and not there", path.display()))?;
        let text = fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
        let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if found.insert(path) {
            ahead.extend(statement.captures_iter(&text).map(|import| dir.join(&import[1])));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::modules;
    use std::fs;

    #[test]
    fn follows_static_imports_only() {
        let dir = std::env::temp_dir().join(format!("xtask-graph-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory");
        let write = |name: &str, text: &str| fs::write(dir.join(name), text).expect("a file");
        write(
            "index.js",
            "import { a } from './a.js';\nexport * from \"./b.js\";\nexport { c as d } from './c.js';\n",
        );
        write("a.js", "import './side.js';\nconst later = () => import('./later.js');\n");
        write("b.js", "export const text = 'import nothing from \"./no.js\"';\n");
        write(
            "c.js",
            "import {\n  one,\n  two as three,\n} from './a.js';\nimport def, * as all from './b.js';\n",
        );
        write("side.js", "");
        write("later.js", "");
        let found = modules(&dir.join("index.js")).expect("the graph");
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, ["a.js", "b.js", "c.js", "index.js", "side.js"]);
        fs::remove_dir_all(dir).expect("removed");
    }
}
