#@script(label="Batch Hotspot Areas...", description="Find and measure hotspot areas in all movies of a folder.", headless=true)
#@ String (label="Folder of movies", description="Folder whose movies are analysed.", style="directory", value="", persist=false) input_folder
#@ String (label="Output folder", description="Folder of the tables of all movies, in which every movie gets a folder of its own; empty takes a folder beside that of the movies, with '_ivea' behind its name.", style="directory", value="", persist=false) output_folder
#@ String (label="File names", description="Pattern of the file names, such as *_green.tif; several are separated by semicolons. With * alone, every file whose ending is that of a movie is taken.", value="*", persist=false) pattern
#@ Boolean (label="Subfolders", description="Also take the movies in folders within the folder.", value=false, persist=false) recursive
#@ Integer (label="Channel", description="Channel to analyse, counted from 1.", min=1, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ Double (label="Gaussian blur (px)", description="Blur before frames are subtracted; 0 for none.", min=0, max=20, stepSize=0.1, style="format:0.######", value=2.0, persist=false) blur_sigma
#@ Integer (label="Noise filter radius (px)", description="Radius of the median filter on the pixels above the threshold; 0 for none.", min=0, max=50, value=2, persist=false) noise_filter_radius
#@ Double (label="Threshold sensitivity", description="Factor between the threshold that clears the background and that of the whole image; 0 learns it from the movie; larger finds fewer events.", min=0, max=20, stepSize=0.1, style="format:0.######", value=0.0, persist=false) alpha
#@ Integer (label="Smallest area (px)", description="Smaller areas are left out.", min=1, max=1000000, value=20, persist=false) smallest_area

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("batch_hotspot_areas", null, [input_folder: input_folder, output_folder: output_folder, pattern: pattern, recursive: recursive, channel: channel, first_frame: first_frame, last_frame: last_frame, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, blur_sigma: blur_sigma, noise_filter_radius: noise_filter_radius, alpha: alpha, smallest_area: smallest_area])
return null
