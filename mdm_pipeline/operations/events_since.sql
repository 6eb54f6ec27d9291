select what, detail from audit.event
where event_no > $event_no and who = 'hub'
order by event_no
