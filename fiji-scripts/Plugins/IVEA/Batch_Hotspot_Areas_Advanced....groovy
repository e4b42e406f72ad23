#@script(label="Batch Hotspot Areas Advanced...", description="Find and measure hotspot areas in all movies of a folder.", headless=true)
#@ String (label="Folder of movies", description="Folder whose movies are analysed.", style="directory", value="", persist=false) input_folder
#@ String (label="Output folder", description="Folder of the tables of all movies, in which every movie gets a folder of its own; empty takes a folder beside that of the movies, with '_ivea' behind its name.", style="directory", value="", persist=false) output_folder
#@ String (label="File names", description="Pattern of the file names, such as *_green.tif; several are separated by semicolons. With * alone, every file whose ending is that of a movie is taken.", value="*", persist=false) pattern
#@ Boolean (label="Subfolders", description="Also take the movies in folders within the folder.", value=false, persist=false) recursive
#@ Integer (label="Channel", description="Channel to analyse, counted from 1.", min=1, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Integer (label="Take every n-th frame", description="Of the frames from the first one on: 2 takes one kind of two alternating kinds of light, with the first frame 1 or 2. 1 takes all; 0 takes all too, but of light that alternates the brightest.", min=0, max=1000, value=0, persist=false) every_nth
#@ String (label="Bad frames", description="Frames of the file to leave out, like 7,120-131,900-end (flash, touched table). Dark and saturated frames are found by themselves.", value="", persist=false) bad_frames
#@ String (label="Scene", description="Name or number (from 1) of the movie in a file that holds several; empty takes the first time lapse.", value="", persist=false) scene
#@ String (label="Colour", description="Which colour of an RGB movie is analysed; 'none' refuses colour movies.", choices={"none", "red", "green", "blue"}, value="none", persist=false) colour
#@ String (label="Z is time", description="Whether a file with many Z slices and one frame is really a time lapse. 'auto' takes it as time and says so, unless the file states a Z step; 'no' refuses such a file.", choices={"auto", "yes", "no"}, value="auto", persist=false) z_is_time
#@ Integer (label="Reduce frames", description="Combine every k frames into one (k = 1 keeps all).", min=1, max=1000, value=1, persist=false) reduce_frames
#@ String (label="Reduce with", description="How frames are combined: their maximum or their mean.", choices={"max", "mean"}, value="max", persist=false) reduce_with
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ String (label="Cell mask", description="File that outlines the cell: an ImageJ ROI (.roi, .zip) or an image whose non-zero pixels are the cell. Events outside are left out and rates are given per area.", style="file", value="", persist=false) cell_mask
#@ Integer (label="Layers", description="Groups of pixels of like brightness (k-means), whose brightness is matched frame by frame.", min=1, max=10, value=5, persist=false) layers
#@ String (label="Brightness correction", description="'mic' scales every layer to its earlier brightness (multilayer intensity correction), 'dart' adds the change of its mean, 'none' leaves frames as they are.", choices={"mic", "dart", "none"}, value="mic", persist=false) correction
#@ Double (label="Brightness adjustment", description="How much of a layer's change is taken back: 0 none, 1 all of it.", min=0, max=1.5, stepSize=0.05, style="format:0.######", value=1.0, persist=false) theta
#@ Integer (label="Variation time window (frames)", description="Frames between the two images that are subtracted.", min=1, max=100, value=3, persist=false) lag
#@ Double (label="Gaussian blur (px)", description="Blur before frames are subtracted; 0 for none.", min=0, max=20, stepSize=0.1, style="format:0.######", value=2.0, persist=false) blur_sigma
#@ Integer (label="Noise filter radius (px)", description="Radius of the median filter on the pixels above the threshold; 0 for none.", min=0, max=50, value=2, persist=false) noise_filter_radius
#@ Double (label="Threshold sensitivity", description="Factor between the threshold that clears the background and that of the whole image; 0 learns it from the movie; larger finds fewer events.", min=0, max=20, stepSize=0.1, style="format:0.######", value=0.0, persist=false) alpha
#@ Double (label="Fixed threshold (counts)", description="Change of intensity above which a pixel is active, instead of a learned one; 0 learns it.", min=0, max=1000000000, stepSize=0.1, style="format:0.######", value=0.0, persist=false) fixed_threshold
#@ Integer (label="Frames to learn from", description="Frames, spread over the movie, from which the threshold is learned. (frames)", min=4, max=1000, value=40, persist=false) learning_frames
#@ String (label="Background region", description="Place without events as x,y,width,height in px; empty takes the darkest strip.", value="", persist=false) background_region
#@ Integer (label="Smallest area (px)", description="Smaller areas are left out.", min=1, max=1000000, value=20, persist=false) smallest_area
#@ Double (label="Search radius (px)", description="How far the centre of an area may move from one frame to the next.", min=0, max=200, stepSize=0.1, style="format:0.######", value=6.0, persist=false) search_radius
#@ Integer (label="Longest event (frames)", description="Tracking of an event that stays bright ends after so many frames.", min=10, max=100000, value=1000, persist=false) longest_event
#@ Double (label="Outline level", description="The area of an event are the pixels whose change, relative to their brightness, is at least this part of its highest.", min=0.05, max=0.95, stepSize=0.05, style="format:0.######", value=0.5, persist=false) outline_level
#@ Integer (label="Frames before", description="Frames before the start in every event's trace. (frames)", min=5, max=10000, value=20, persist=false) window_before
#@ Integer (label="Frames after", description="Frames after the end in every event's trace. (frames)", min=0, max=10000, value=20, persist=false) window_after
#@ Integer (label="Seed", description="Seed of the k-means; the same seed gives the same layers.", min=0, max=2147483647, value=1, persist=false) seed
#@ Boolean (label="Overview picture", description="Draw a picture of the events, their traces and their areas.", value=true, persist=false) overview
#@ Boolean (label="Heat map", description="Draw a picture of how often and how long each place was active.", value=true, persist=false) heat_map
#@ Boolean (label="Outlines", description="Write the outline of every event in every frame as ROIs.", value=true, persist=false) outlines

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("batch_hotspot_areas", null, [input_folder: input_folder, output_folder: output_folder, pattern: pattern, recursive: recursive, channel: channel, first_frame: first_frame, last_frame: last_frame, every_nth: every_nth, bad_frames: bad_frames, scene: scene, colour: colour, z_is_time: z_is_time, reduce_frames: reduce_frames, reduce_with: reduce_with, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, cell_mask: cell_mask, layers: layers, correction: correction, theta: theta, lag: lag, blur_sigma: blur_sigma, noise_filter_radius: noise_filter_radius, alpha: alpha, fixed_threshold: fixed_threshold, learning_frames: learning_frames, background_region: background_region, smallest_area: smallest_area, search_radius: search_radius, longest_event: longest_event, outline_level: outline_level, window_before: window_before, window_after: window_after, seed: seed, overview: overview, heat_map: heat_map, outlines: outlines])
return null
