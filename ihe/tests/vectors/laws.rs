//! Laws that hold for every value and for every text.
