//! HL7 v2 text, MLLP framing, Japanese character sets
