//! vault.wasm: the half of the core that holds keys.
//!
//! The module imports nothing and exports numbers only; its memory is not exported (the build strips it), so code that gets
//! hold of the instance still reads no key. `vault` is ordinary Rust; `mailbox` alone knows about the boundary.

mod deployment;
mod mailbox;
mod vault;
