//! Namespace names (ITI TF-2 Appendix V, ITI TF-3 §4.2): written here and nowhere else.

/// SOAP 1.2, the only legal envelope (ITI TF-2 Appendix V.3).
pub const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
/// SOAP 1.1, known only to be refused with VersionMismatch.
pub const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// WS-Addressing 1.0.
pub const WSA: &str = "http://www.w3.org/2005/08/addressing";
/// XML-binary Optimized Packaging.
pub const XOP: &str = "http://www.w3.org/2004/08/xop/include";
/// `xml:lang` and its kin.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Declarations themselves.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// `xsi:type`, `xsi:nil`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// ebRIM 3.0: registry objects.
pub const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0";
/// ebRS 3.0: responses and errors.
pub const RS: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0";
/// ebRS 3.0: submissions.
pub const LCM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0";
/// ebRS 3.0: queries.
pub const QUERY: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0";
/// The wrappers of ITI-41 and ITI-43.
pub const XDS: &str = "urn:ihe:iti:xds-b:2007";
/// `homeCommunityBlock`.
pub const XDR: &str = "urn:ihe:iti:xdr:2014";
/// WS-Security.
pub const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// WS-Security utility.
pub const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// SAML 2.0 assertions.
pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// XML signatures.
pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// HL7 V3.
pub const HL7: &str = "urn:hl7-org:v3";
