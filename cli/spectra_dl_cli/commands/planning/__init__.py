"""Commands for what comes before a study: how many patients, and a protocol that is sealed before the outcome is seen."""
