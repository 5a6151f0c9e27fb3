-- What the console asks of the audit most: a period, and what became of one person's values.
CREATE INDEX audit_by_time ON audit (time);
CREATE INDEX audit_by_subject ON audit (sub, seq) WHERE sub IS NOT NULL;
