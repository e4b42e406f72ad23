// Find the events of all movies of a folder. Run it again to go on where it stopped.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder of movies");

run("Batch Process Folder...", "input_folder=[" + folder + "] output_folder=[" + folder + "/batch] pattern=*.tif recursive=false channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 model=evit28 confidence=0.5 search_radius=3 threshold_factor=1.0");
