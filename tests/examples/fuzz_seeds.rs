//! Writes the seeds of every fuzz target to `tests/fuzz/corpus` (`scripts/fuzz-seeds`).

use psbridge_tests::oracles::ORACLES;
use psbridge_tests::workspace;

fn main() -> std::io::Result<()> {
    for oracle in ORACLES {
        let folder = workspace().join("tests/fuzz/corpus").join(oracle.name);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in (oracle.seeds)() {
            std::fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
