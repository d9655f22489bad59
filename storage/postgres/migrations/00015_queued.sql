-- What inserts tasks brings the summary of their host up to date itself, as in SQLite.

-- +goose Up
DROP TRIGGER tasks_queue_insert ON tasks;
DROP FUNCTION tasks_queue_insert;

-- +goose Down
-- +goose StatementBegin
CREATE FUNCTION tasks_queue_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hosts h SET queued = h.queued + d.n, next_due = LEAST(h.next_due, d.due) -- LEAST knows no NULL
    FROM (SELECT host_id, COUNT(*) AS n, MIN(due) AS due FROM new_tasks WHERE due IS NOT NULL GROUP BY host_id) d
    WHERE h.id = d.host_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tasks_queue_insert AFTER INSERT ON tasks REFERENCING NEW TABLE AS new_tasks
    FOR EACH STATEMENT EXECUTE FUNCTION tasks_queue_insert();
