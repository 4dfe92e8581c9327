"""tito: the student's loop. Start a unit, write its tasks, see within seconds what is right."""
