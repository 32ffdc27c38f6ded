//! `bindgen INPUT.wasm OUTDIR NAME`: writes NAME.js, NAME.d.ts and NAME_bg.wasm.
//!
//! A library call instead of the command-line tool, so that the lockfile pins it and a build installs nothing globally.

use std::{env, error::Error};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, input, outdir, name] = args.as_slice() else {
        return Err("usage: bindgen INPUT.wasm OUTDIR NAME".into());
    };
    // `web`: a module that is handed its WebAssembly.Module, which is how a Worker gets one. Without the default path:
    // a Worker has no URL to load it from.
    Bindgen::new()
        .input_path(input)
        .web(true)?
        .omit_default_module_path(true)
        .typescript(true)
        .out_name(name)
        .generate(outdir)?;
    Ok(())
}
