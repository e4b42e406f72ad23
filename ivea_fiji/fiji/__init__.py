"""The part of IVEA that lives in Fiji or ImageJ: what it consists of, where it belongs, and how it gets there."""
