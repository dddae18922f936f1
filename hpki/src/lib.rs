//! Healthcare PKI: certificate profile, hcRole, path rules, TLS verifiers
