//! httpsig.wasm: everything of `httpsig`, for the vectors and for whoever wants to check us (`npm run vectors`). No Worker
//! loads it; what a Worker needs of it is in vault.wasm.

mod body;
mod fields;
mod keys;
mod mailbox;
mod messages;
mod operations;
mod policy;
