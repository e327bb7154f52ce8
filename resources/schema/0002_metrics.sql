-- Version 2: what a classifier is judged by beside its loss, as "accuracy=0.9125 f1=0.88", the main figure first; empty
-- for a model that writes text. score is the main figure once more, to be sorted and filtered by.
-- Programs that know version 1 alone may go on reading.

ALTER TABLE runs ADD COLUMN eval_metrics TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN best_eval_metrics TEXT NOT NULL DEFAULT '';
ALTER TABLE adapters ADD COLUMN metrics TEXT NOT NULL DEFAULT '';
ALTER TABLE adapters ADD COLUMN score REAL;
