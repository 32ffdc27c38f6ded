//! What a gateway answers with: any bytes are JSON or they are not, and no object that is read has a key twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strict_json::Json;

fn no_key_twice(json: &Json) {
    match json {
        Json::Object(members) => {
            for (index, (key, value)) in members.iter().enumerate() {
                assert!(members.iter().skip(index + 1).all(|(other, _)| other != key), "{key} is there twice");
                assert!(std::ptr::eq(json.get(key), value));
                no_key_twice(value);
            }
        }
        Json::Array(items) => items.iter().for_each(no_key_twice),
        Json::Null
        | Json::Boolean(_)
        | Json::Integer(_)
        | Json::Thousandths(_)
        | Json::OtherNumber
        | Json::String(_) => {}
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Some(json) = Json::parse(bytes) {
        no_key_twice(&json);
    }
});
