//! A request as it is read and as it is signed, without a gateway around it.
#![allow(clippy::unwrap_used, reason = "tests")]

use base64ct::{Base64, Encoding as _};
use httpsig::Encoding;
use httpsig::ecdsa::{PreparedKeys, PrivateKey, to_base64};
use httpsig::message::Request;
use httpsig::sf::write::write_item;
use httpsig::sf::{Bare, Item};
use httpsig::sign::{Parameters, sign_request};
use httpsig::verify::{Freshness, Policy, Refusal, SignedRequest};

/// Made for this test; it signs nothing else.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCAAAQIDBAUGBwgJCgsM
DQ4PEBESExQVFhcYGRobHB0eHw==
-----END PRIVATE KEY-----";

const HEADERS: &[(&str, &str)] =
    &[("Content-Type", "application/json"), ("X-Two", " one\t"), ("x-two", "two"), ("X-Empty", "")];

fn request<'a>(headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
    Request { method: "POST", authority: "shop.example", path: "/v1/payments", headers }
}

#[test]
fn a_field_is_all_its_lines_whatever_the_case_of_its_name() {
    #[rustfmt::skip]
    let rows: &[(&str, usize, Option<&str>)] = &[
        ("content-type", 1, Some("application/json")),
        ("CONTENT-TYPE", 1, Some("application/json")),
        ("x-two",        2, Some("one, two")),
        ("x-empty",      1, Some("")),
        ("x-none",       0, None),
        ("content",      0, None),
        ("",             0, None),
    ];
    for (name, count, value) in rows {
        assert_eq!(request(HEADERS).field_count(name), *count, "{name}");
        assert_eq!(request(HEADERS).field(name).as_deref(), *value, "{name}");
    }
}

/// RFC 4648 §10.
#[test]
fn base64_is_the_padded_kind() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
        ("~~~???", "fn5+Pz8/"),
    ] {
        assert_eq!(to_base64(bytes.as_bytes()), text);
    }
}

#[test]
fn a_request_without_either_field_does_not_claim_to_be_signed() {
    let policy = Policy { label: "sig-1", required: &[], now_s: 0, skew_s: 0 };
    let found = |headers: &[(&str, &str)]| SignedRequest::find(&request(headers), &policy).map(|found| found.is_some());
    assert_eq!(found(HEADERS), Ok(false));
    assert_eq!(found(&[("signature", "sig-1=:AAAA:")]), Err(Refusal::FieldMissing));
    assert_eq!(found(&[("signature-input", "sig-1=()")]), Err(Refusal::FieldMissing));
}

#[test]
fn parameters_are_read_strictly() {
    let keyid = |length: usize| format!("keyid=\"{}\";created=1;expires=2", "k".repeat(length));
    let known = keyid(1);
    #[rustfmt::skip]
    let rows: Vec<(String, Result<(), Refusal>)> = vec![
        (known.clone(),                        Ok(())),
        (keyid(128),                           Ok(())),
        (keyid(129),                           Err(Refusal::ParameterMalformed)),
        (keyid(0),                             Err(Refusal::ParameterMalformed)),
        (format!("{known};nonce=\"n\""),       Ok(())),
        (format!("{known};tag=\"t\""),         Ok(())),
        (format!("{known};nonce=1"),           Err(Refusal::ParameterMalformed)),
        (format!("{known};tag"),               Err(Refusal::ParameterMalformed)),
        (format!("{known};other=\"o\""),       Err(Refusal::ParameterMalformed)),
        (format!("{known};alg=\"any\""),       Ok(())),
        (format!("{known};alg=any"),           Err(Refusal::ParameterMalformed)),
        ("created=1;expires=2".into(),         Err(Refusal::ParameterMalformed)),
    ];
    let policy = Policy { label: "sig-1", required: &[], now_s: 1, skew_s: 0 };
    for (parameters, expected) in rows {
        let input = format!("sig-1=(\"@method\");{parameters}");
        let headers = [("signature-input", input.as_str()), ("signature", "sig-1=:AAAA:")];
        let found = SignedRequest::find(&request(&headers), &policy);
        assert_eq!(found.map(|found| assert!(found.is_some())), expected, "{parameters}");
    }
}

#[test]
fn what_is_signed_here_verifies_here_for_as_long_as_it_says() {
    let key = PrivateKey::from_pkcs8_pem(KEY).unwrap();
    let parameters = Parameters {
        label: "sig-1",
        components: &["@method", "@path", "content-type", "x-two"],
        key_id: "key:1",
        created: 1000,
        expires: 1060,
    };
    for encoding in [Encoding::Der, Encoding::Raw] {
        let fields = sign_request(&request(HEADERS), &parameters, &key, encoding).unwrap();
        assert_eq!(
            fields.signature_input,
            "sig-1=(\"@method\" \"@path\" \"content-type\" \"x-two\")\
             ;alg=\"ecdsa-p256-sha256\";keyid=\"key:1\";created=1000;expires=1060"
        );
        let text = fields.signature.strip_prefix("sig-1=:").and_then(|rest| rest.strip_suffix(':')).unwrap();
        assert_eq!(Base64::decode_vec(text).unwrap().len() == 64, encoding == Encoding::Raw);

        let signed =
            [HEADERS, &[("signature-input", &fields.signature_input), ("Signature", &fields.signature)]].concat();
        let verify = |now_s: i64, request: &Request<'_>| {
            let policy = Policy { label: "sig-1", required: &["@path"], now_s, skew_s: 5 };
            let found = SignedRequest::find(request, &policy)?.ok_or(Refusal::FieldMissing)?;
            assert_eq!(found.key_id(), "key:1");
            found.verify(request, &policy, &[key.public_key()], &mut PreparedKeys::default())
        };
        let intact = request(&signed);
        #[rustfmt::skip]
        let rows = [
            (994,  Err(Refusal::CreatedInFuture)),
            (995,  Ok(Freshness::Fresh)),
            (1065, Ok(Freshness::Fresh)),
            (1066, Ok(Freshness::Expired)),
        ];
        for (now_s, expected) in rows {
            assert_eq!(verify(now_s, &intact), expected, "{now_s}");
        }
        assert_eq!(verify(1000, &Request { path: "/v1/refunds", ..intact }), Err(Refusal::SignatureInvalid));
        // Not covered, so not said.
        assert_eq!(verify(1000, &Request { authority: "other.example", ..intact }), Ok(Freshness::Fresh));
    }
}

/// They stand in logs, and searches of logs outlive the code.
#[test]
fn every_cause_has_its_word() {
    use Refusal as R;
    let rows = [
        (R::FieldMissing, "signature_field_missing"),
        (R::FieldTooLarge, "signature_field_too_large"),
        (R::FieldMalformed, "signature_field_malformed"),
        (R::LabelRepeated, "signature_label_repeated"),
        (R::LabelsDiffer, "signature_labels_differ"),
        (R::LabelUnknown, "signature_label_unknown"),
        (R::ParameterMalformed, "signature_parameter_malformed"),
        (R::CreatedInFuture, "signature_created_in_future"),
        (R::AlgorithmUnsupported, "signature_algorithm_unsupported"),
        (R::ComponentUnsupported, "signature_component_unsupported"),
        (R::ComponentRepeated, "signature_component_repeated"),
        (R::ComponentAbsent, "signature_component_absent"),
        (R::ComponentMalformed, "signature_component_malformed"),
        (R::CoverageIncomplete, "signature_coverage_incomplete"),
        (R::SignatureLength, "signature_length"),
        (R::SignatureInvalid, "signature_invalid"),
    ];
    for (refusal, word) in rows {
        assert_eq!(refusal.as_str(), word);
    }
}

#[test]
fn a_decimal_is_written_with_its_sign_and_no_more_digits_than_it_needs() {
    #[rustfmt::skip]
    let rows: &[(i64, &str)] = &[
        (0, "0.0"), (1, "0.001"), (-1, "-0.001"), (10, "0.01"), (100, "0.1"), (999, "0.999"), (1000, "1.0"), (-1500, "-1.5"),
        (999_999_999_999_999, "999999999999.999"),
    ];
    for (thousandths, text) in rows {
        let mut written = String::new();
        write_item(&mut written, &Item { value: Bare::Decimal(*thousandths), parameters: Vec::new() }).unwrap();
        assert_eq!(written, *text);
    }
}
