//! The fuzz targets' oracles, on the committed corpus and on every input that ever crashed one.

use std::path::Path;

use psbridge_tests::oracles::ORACLES;
use psbridge_tests::workspace;

/// The files of a folder, in order; none when it is absent.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    files
}

#[test]
fn the_corpus_and_all_crashes_pass() {
    let fuzz = workspace().join("tests/fuzz");
    for oracle in ORACLES {
        let corpus = files(&fuzz.join("corpus").join(oracle.name));
        assert!(!corpus.is_empty(), "{} has a corpus", oracle.name);
        for file in corpus
            .iter()
            .chain(&files(&fuzz.join("crashes").join(oracle.name)))
        {
            println!("{}", file.display());
            (oracle.check)(&std::fs::read(file).expect("a corpus file can be read"));
        }
    }
}

#[test]
fn every_target_has_an_oracle() {
    let targets = files(&workspace().join("tests/fuzz/fuzz_targets"));
    let names: Vec<_> = targets
        .iter()
        .filter_map(|file| file.file_stem()?.to_str())
        .collect();
    let mut known: Vec<_> = ORACLES.iter().map(|oracle| oracle.name).collect();
    known.sort_unstable();
    assert_eq!(names, known);
}
