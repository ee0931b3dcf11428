"""The engine in Rust, where it was built: what the reference engine does, at memory's speed."""
