//! `bindgen <in.wasm> <out-dir> <name>`: what `wasm-bindgen --target web --no-default-module-path` does.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, directory, name] = arguments.as_slice() else {
        eprintln!("usage: bindgen <in.wasm> <out-dir> <name>");
        return ExitCode::from(2);
    };
    let generated = Bindgen::new()
        .input_path(input)
        .web(true)
        .and_then(|bindgen| bindgen.omit_default_module_path(true).typescript(true).out_name(name).generate(directory));
    match generated {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
