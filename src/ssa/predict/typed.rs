//! What becomes of a value that an API server reads into a typed structure and writes out again.
//!
//! Amounts and bytes have one spelling; maps in which nothing is are left out, and so are the flags, numbers
//! and texts of which the server's own types do not tell zero from nothing (`k8s.io/api`, fields that are no
//! pointers and are tagged `omitempty`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map as JsonMap, Value};

use crate::ssa::canonical::{self, Quantity};
use crate::ssa::schema::{Map, ScalarFormat, Type};

/// Writes it as it would be written out.
pub(super) fn settle(of: Type<'_>, value: &mut Value) {
    match value {
        _ if of.is_raw() => {}
        Value::Object(fields) => {
            let Some(map) = of.map() else { return };
            let name = of.name().unwrap_or_default();
            fields.retain(|field, value| !is_left_out(map, field, value) && !is_zero(name, field, value));
            for (field, value) in fields {
                if let Some(of) = map.child(field) {
                    settle(of, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            for item in items {
                if item.is_null() && list.item().is_structure() {
                    *item = Value::Object(JsonMap::new());
                }
                settle(list.item(), item);
            }
        }
        scalar => {
            if let Some(written) = written(of, scalar) {
                *scalar = written.into();
            }
        }
    }
}

/// Writes whole numbers without a fraction, as is done where a structure has no types.
pub(super) fn settle_numbers(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(settle_numbers),
        Value::Array(items) => items.iter_mut().for_each(settle_numbers),
        Value::Number(number) if number.is_f64() => {
            // No more digits than a float has.
            let whole = number
                .as_f64()
                .filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
            if let Some(whole) = whole {
                *value = (whole as i64).into();
            }
        }
        _ => {}
    }
}

/// Whether it is a map without declared fields in which nothing is.
fn is_left_out(map: Map<'_>, name: &str, value: &Value) -> bool {
    let is_empty = value.as_object().is_some_and(JsonMap::is_empty);
    is_empty
        && map
            .field(name)
            .is_some_and(|field| !field.of().is_structure() && !field.of().is_raw())
}

/// Whether it is a zero that is not told from nothing.
fn is_zero(of: &str, name: &str, value: &Value) -> bool {
    let is_plain = match name {
        "readOnly" => !of.ends_with(".AzureDiskVolumeSource") && !of.ends_with(".CSIVolumeSource"),
        "partition" => of.ends_with("ElasticBlockStoreVolumeSource") || of.ends_with(".GCEPersistentDiskVolumeSource"),
        "failureThreshold" | "initialDelaySeconds" | "periodSeconds" | "successThreshold" | "timeoutSeconds" => {
            of.ends_with(".Probe")
        }
        "chapAuthDiscovery"
        | "chapAuthSession"
        | "globalDefault"
        | "healthCheckNodePort"
        | "hostIPC"
        | "hostNetwork"
        | "hostPID"
        | "hostPort"
        | "minReadySeconds"
        | "nodePort"
        | "paused"
        | "publishNotReadyAddresses"
        | "sslEnabled"
        | "stdin"
        | "stdinOnce"
        | "tty"
        | "unschedulable" => of.starts_with("io.k8s.api."),
        // Texts that people leave empty.
        "value" => of.ends_with(".EnvVar"),
        "apiGroup" => of.ends_with(".Subject"),
        "hostname" | "nodeName" => of.ends_with(".PodSpec"),
        "clusterIP" | "externalName" | "host" | "hostIP" | "loadBalancerIP" | "medium" | "priorityClassName"
        | "secretName" | "serviceAccountName" | "subPath" | "subPathExpr" | "subdomain" | "workingDir" => {
            of.starts_with("io.k8s.api.")
        }
        _ => false,
    };
    is_plain && (value.is_boolean() || value.is_number() || value.is_string()) && canonical::is_nothing(value)
}

/// The one spelling of a scalar, where it has one.
fn written(of: Type<'_>, value: &Value) -> Option<String> {
    match (of.format(), value) {
        (ScalarFormat::Quantity, Value::String(text)) => Quantity::written(text),
        (ScalarFormat::Quantity, Value::Number(number)) => Quantity::written(&number.to_string()),
        (ScalarFormat::Bytes, Value::String(text)) => {
            let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
            Some(STANDARD.encode(STANDARD.decode(letters).ok()?))
        }
        _ => None,
    }
}
