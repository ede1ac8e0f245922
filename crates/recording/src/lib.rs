//! What went over the wire: record, scrub, match, replay.
