//! What the engine promises its host.

mod admission;
mod api;
mod crypto;
mod errors;
mod lifetime;
mod logs;
mod modules;
mod native_parts;
mod natives;
mod sharing;
