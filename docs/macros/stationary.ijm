// Stationary bursts: make a small movie of synapses that are stimulated, and find them.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder for the files");

run("Simulate Movie...", "recipe=synapses recording=[] kind=stimulated seed=9100022 frames=160 height=128 width=128 events=0 noise_factor=1.0 pixel_size_um=0.16 frame_interval_s=0.1 movie_name=neuron output_folder=[" + folder + "]");
if (nImages > 0) run("Close All");
open(folder + "/neuron.tif");
run("Detect Stationary Bursts...", "channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 model=neuro-lstm confidence=0.0 stimuli=auto ammonium=none add_frames=0 search_radius=3 threshold_factor=1.0 correct_drift=auto use_selection=false output_folder=[" + folder + "/synapses] show_overlay=false");
close();
