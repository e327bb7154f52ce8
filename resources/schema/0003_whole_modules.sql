-- Version 3: how many of an adapter's trained values lie in whole modules and biases and not in low-rank matrices: the head of
-- a classifier, above all. 0 for entries of older versions, which did not count them.
-- Programs that know version 1 alone may go on reading.

ALTER TABLE adapters ADD COLUMN whole_params INTEGER NOT NULL DEFAULT 0;
