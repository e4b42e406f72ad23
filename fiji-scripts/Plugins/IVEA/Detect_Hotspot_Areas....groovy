#@script(label="Detect Hotspot Areas...", description="Find places of a sensor layer that light up, spread and fade, track and measure them.", headless=true)
#@ ImagePlus imp
#@ Integer (label="Channel", description="Channel to analyse, counted from 1; 0 takes the one that is shown.", min=0, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ Double (label="Gaussian blur (px)", description="Blur before frames are subtracted; 0 for none.", min=0, max=20, stepSize=0.1, style="format:0.######", value=2.0, persist=false) blur_sigma
#@ Integer (label="Noise filter radius (px)", description="Radius of the median filter on the pixels above the threshold; 0 for none.", min=0, max=50, value=2, persist=false) noise_filter_radius
#@ Double (label="Threshold sensitivity", description="Factor between the threshold that clears the background and that of the whole image; 0 learns it from the movie; larger finds fewer events.", min=0, max=20, stepSize=0.1, style="format:0.######", value=0.0, persist=false) alpha
#@ Integer (label="Smallest area (px)", description="Smaller areas are left out.", min=1, max=1000000, value=20, persist=false) smallest_area
#@ Boolean (label="Use selection as cell", description="Take the selection drawn on the movie as the outline of the cell.", value=false, persist=false) use_selection
#@ String (label="Output folder", description="Folder of the result files; empty keeps them in a temporary folder.", style="directory", value="", persist=false) output_folder
#@ Boolean (label="Show overlay", description="Draw the events on the movie, beside what its overlay already holds.", value=false, persist=false) show_overlay

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("detect_hotspot_areas", imp, [channel: channel, first_frame: first_frame, last_frame: last_frame, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, blur_sigma: blur_sigma, noise_filter_radius: noise_filter_radius, alpha: alpha, smallest_area: smallest_area, use_selection: use_selection, output_folder: output_folder, show_overlay: show_overlay])
return null
