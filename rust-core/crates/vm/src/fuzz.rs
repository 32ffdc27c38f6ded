//! What a fuzzer calls.

use strict_json::Json;

use crate::envelope::load;
use crate::program::{Program, Routine};
use crate::run::{Inputs, run};

/// Reads any bytes as a program, plain and in an envelope, and runs all of one that is let in. Must not panic, whatever they are;
/// and a program that the verifier let in must never come to an impossible state.
pub fn fuzz_entry(bytes: &[u8]) {
    let _ = load(bytes, &[7; 32]);
    let Ok(program) = Program::from_plain(bytes) else { return };
    let settings = Json::parse(br#"{"token":"t","userName":"u"}"#).unwrap_or(Json::Null);
    let body = Json::parse(br#"{"status":"ACCEPTED","data":{"status":"COMPLETED","amount":"1.50"},"a":["x",1,null]}"#);
    let body = body.unwrap_or(Json::Null);
    let full = Inputs {
        settings: Some(&settings),
        body: Some(&body),
        http: Some(200),
        now_ms: Some(1_790_171_710_000),
        reference: Some("f4401bd2-1568-4140-bf2d-eb77d2b2b639"),
        amount_minor: Some(1050),
        currency: Some("ZMW"),
        phone_number: Some("260763456789"),
        provider: Some("MTN_MOMO_ZMB"),
        customer_message: Some("Order \"1\"\n\u{1}é"),
        invoice: None,
        operation: Some("deposits"),
        merchant_id: Some("mer_1"),
        pre_authorisation_code: Some("123456"),
        resume_url: Some("https://pay.example.com/c/chk_1"),
        country: Some("ZMB"),
        token: Some("a-token"),
        gateway_id: Some("cos-18qq25rgr100a"),
        otp: Some("367025"),
    };
    for inputs in [full, Inputs::default()] {
        for (_, gateway) in program.gateways() {
            for routine in Routine::ALL {
                let ended = run(&program, gateway, routine, &inputs);
                assert!(!matches!(ended, Err(crate::run::Trap::Impossible)), "the verifier let it in");
            }
        }
    }
}
