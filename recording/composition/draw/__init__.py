"""What a video shows: scenes, layout, and the canvas that they are drawn on."""
