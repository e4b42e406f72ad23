// Make a small movie whose events are known; the other macros of this folder work on it.
folder = getArgument();  // given by -macro or runMacro
if (folder == "") folder = getDirectory("Folder for cell.tif");

run("Simulate Movie...", "recipe=paper recording=[] kind=mixed seed=3 frames=80 height=64 width=64 events=5 noise_factor=0.5 pixel_size_um=0.1 frame_interval_s=0.05 movie_name=cell output_folder=[" + folder + "]");
