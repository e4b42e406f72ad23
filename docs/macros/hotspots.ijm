// Hotspot areas: make a small layer of sensors whose events are known, and find them.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder for the files");

run("Simulate Movie...", "recipe=sensors recording=[] kind=lasting seed=3 frames=80 height=96 width=96 events=4 noise_factor=1.0 pixel_size_um=0.15 frame_interval_s=0.066 movie_name=layer output_folder=[" + folder + "]");
if (nImages > 0) run("Close All");
open(folder + "/layer.tif");
run("Detect Hotspot Areas...", "channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 blur_sigma=2.0 noise_filter_radius=2 alpha=0.0 smallest_area=20 use_selection=false output_folder=[" + folder + "/hotspots] show_overlay=false");
close();
