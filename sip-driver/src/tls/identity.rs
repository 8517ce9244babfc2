//! Which SIP domains a certificate speaks for (RFC 5922).

use rustls_pki_types::CertificateDer;
use sip_proto::message::{Scheme, Uri};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The SIP domains in a certificate, in lower case (RFC 5922 section 7.1): the hosts of its
/// `sip:` URIs without a user; only where there are none, its DNS names. The common name is never
/// looked at, and a wildcard is a name like any other, which no domain equals (section 7.2).
pub(super) fn domains(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let (mut from_uris, mut from_dns) = (Vec::new(), Vec::new());
    for name in &names.value.general_names {
        match name {
            GeneralName::URI(uri) => from_uris.extend(domain_of(uri)),
            GeneralName::DNSName(name) => from_dns.push(name.to_ascii_lowercase()),
            _ => {}
        }
    }
    if from_uris.is_empty() { from_dns } else { from_uris }
}

/// The DNS names in a certificate, in lower case.
pub(super) fn dns_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let dns = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    dns.collect()
}

/// Whether the two name the same domain (RFC 5922 section 7.2): without regard to case, as a
/// whole, and no wildcards.
pub(super) fn is_same(proven: &str, wanted: &str) -> bool {
    proven.eq_ignore_ascii_case(wanted.strip_suffix('.').unwrap_or(wanted))
}

fn domain_of(uri: &str) -> Option<String> {
    let uri = Uri::parse(uri.as_bytes()).ok()?;
    let is_domain = uri.scheme() == Scheme::Sip && uri.user().is_none();
    is_domain.then(|| uri.host().map(|host| host.to_string().to_ascii_lowercase()))?
}
