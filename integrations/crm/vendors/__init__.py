"""The three CRMs as this door talks to them: plain values in and out, no database; `common` is what they share."""
