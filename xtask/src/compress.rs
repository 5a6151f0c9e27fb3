//! Ready-made compressed files beside those that a browser fetches, for servers that send them as they are.

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Writes `file.br` and `file.gz`. The same file gives the same bytes, whenever it is compressed.
pub(crate) fn beside(path: &Path) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    let with = |extension: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(extension);
        name
    };
    fs::write(with(".br"), brotli(&bytes)?)?;
    fs::write(with(".gz"), gzip(&bytes)?)?;
    Ok(())
}

/// Brotli (RFC 7932) at its highest level. The window is the largest that browsers take.
pub(crate) fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
    Ok(out)
}

/// Gzip (RFC 1952) at its highest level, without a time and a name.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::{brotli, gzip};
    use std::io::Read;

    #[test]
    fn both_give_back_what_went_in() {
        let text = b"sealed and sealed and sealed again ".repeat(200);
        let mut from_brotli = Vec::new();
        let packed = brotli(&text).expect("brotli");
        brotli::BrotliDecompress(&mut &packed[..], &mut from_brotli).expect("its own brotli");
        let packed = gzip(&text).expect("gzip");
        let mut from_gzip = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut from_gzip).expect("its own gzip");
        assert!(from_brotli == text && from_gzip == text);
        // Bytes 4 to 7 of a gzip header are its time; the flags say that there is no name.
        assert_eq!(packed[3..8], [0; 5]);
    }
}
