//! The names of images, as far as a default depends on them (distribution/reference, `reference.go`).

/// Whether an image is pulled at every start unless something else is said: its tag is `latest`, or it has
/// neither tag nor digest. A name that is none is not.
pub(super) fn is_latest(image: &str) -> bool {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    if !is_name(name) || digest.is_some_and(|digest| !digest.contains(':')) {
        return false;
    }
    match (tag, digest) {
        (Some(tag), _) => tag == "latest",
        (None, digest) => digest.is_none(),
    }
}

fn is_name(name: &str) -> bool {
    let mut parts = name.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    let is_domain = |part: &str| {
        part.contains(['.', ':']) || part == "localhost" || part.chars().any(|letter| letter.is_ascii_uppercase())
    };
    if name.contains('/') && is_domain(first) {
        parts.next();
        if !is_host(first) {
            return false;
        }
    }
    // What looks like the digest of an image is none of its names.
    let is_id = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    !is_id && parts.all(is_step)
}

fn is_host(host: &str) -> bool {
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (host, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_label = |label: &str| {
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        !label.is_empty() && label.chars().all(is_letter) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_address = host.starts_with('[') && host.ends_with(']');
    port.is_none_or(is_port) && (is_address || host.split('.').all(is_label))
}

/// Whether it is a part of a path: letters in lower case and digits, and between them a dot, one or two
/// underscores, or dashes.
fn is_step(step: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_end = |letter: Option<char>| letter.is_some_and(is_letter);
    let mut separators = step.split(is_letter).filter(|between| !between.is_empty());
    let is_separator =
        |between: &str| matches!(between, "." | "_" | "__") || between.chars().all(|letter| letter == '-');
    is_end(step.chars().next()) && is_end(step.chars().last()) && separators.all(is_separator)
}

#[cfg(test)]
mod tests {
    use super::is_latest;

    #[test]
    fn a_name_without_tag_and_digest_is_the_latest_one() {
        for image in [
            "i",
            "a/b",
            "localhost:5000/x",
            "Registry.io/x-y__z.1",
            "i:latest",
            "i:latest@sha256:0",
        ] {
            assert!(is_latest(image), "{image}");
        }
        for image in [
            "i:1",
            "i@sha256:0",
            "ko://github.com/x/y",
            "Upper",
            "",
            "a//b",
            "-a",
            "host.io:x/y",
            "${IMAGE}",
            "a b",
        ] {
            assert!(!is_latest(image), "{image}");
        }
    }
}
