select coalesce(max(event_no), 0) from audit.event
