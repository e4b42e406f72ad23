#@script(label="Measure ROIs Advanced...", description="Measure the intensity of ROIs over time: raw, F - F0, dF/F0 and normalised, in every channel.", headless=true)
#@ ImagePlus imp
#@ String (label="ROIs", description="Measure all ROIs of the ROI Manager, or those that are selected in it.", choices={"all", "selected"}, value="all", persist=false) roi_choice
#@ Boolean (label="All open movies", description="Measure the same ROIs in every movie that is open, not only in the active one.", value=false, persist=false) all_movies
#@ String (label="ROI file", description="ROI set (.zip or .roi) to measure; empty takes the ROI Manager's ROIs, or the selection if it has none.", style="file", value="", persist=false) roi_file
#@ String (label="Output folder", description="Folder of the result files; empty keeps them in a temporary folder.", style="directory", value="", persist=false) output_folder
#@ Integer (label="Channel", description="Channel to measure, counted from 1; 0 measures every channel.", min=0, value=0, persist=false) channel
#@ String (label="ROI numbers", description="ROIs to measure, by their place in the list from 1, such as 1,3-5; empty measures all.", value="", persist=false) roi_numbers
#@ String (label="Frames measured", description="'whole_movie' measures all frames; 'around_frame' those before and after the frame of each ROI.", choices={"whole_movie", "around_frame"}, value="whole_movie", persist=false) span
#@ Integer (label="Frames before", description="Frames measured before the frame of a ROI. (frames)", min=0, max=1000000, value=20, persist=false) window_before
#@ Integer (label="Frames after", description="Frames measured after the frame of a ROI. (frames)", min=0, max=1000000, value=100, persist=false) window_after
#@ String (label="Background", description="'ring' subtracts the median of a ring around each ROI, frame by frame.", choices={"none", "ring"}, value="none", persist=false) background
#@ String (label="F0 from", description="'before': median of the earlier half of the frames measured before the frame of the ROI; 'first': median of the first frames measured; 'lowest': 10th percentile of all; 'auto' takes 'before' around a frame and 'lowest' for the whole movie.", choices={"auto", "before", "first", "lowest"}, value="auto", persist=false) f0_from
#@ Integer (label="Frames of F0", description="How many frames 'first' takes. (frames)", min=1, max=1000000, value=10, persist=false) f0_frames
#@ Integer (label="Ring distance (px)", description="Pixels between a ROI and its ring.", min=0, max=200, value=3, persist=false) ring_gap
#@ Integer (label="Ring width (px)", description="Width of the ring.", min=1, max=200, value=3, persist=false) ring_width
#@ Double (label="Radius of points (px)", description="A point is measured as a disc of this radius.", min=0, max=1000, stepSize=0.1, style="format:0.######", value=3.0, persist=false) point_radius
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Integer (label="Take every n-th frame", description="Of the frames from the first one on: 2 takes one kind of two alternating kinds of light, with the first frame 1 or 2. 1 takes all; 0 takes all too, but of light that alternates the brightest.", min=0, max=1000, value=0, persist=false) every_nth
#@ String (label="Bad frames", description="Frames of the file to leave out, like 7,120-131,900-end (flash, touched table). Dark and saturated frames are found by themselves.", value="", persist=false) bad_frames
#@ String (label="Scene", description="Name or number (from 1) of the movie in a file that holds several; empty takes the first time lapse.", value="", persist=false) scene
#@ String (label="Colour", description="Which colour of an RGB movie is analysed; 'none' refuses colour movies.", choices={"none", "red", "green", "blue"}, value="none", persist=false) colour
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ String (label="Z is time", description="Whether a file with many Z slices and one frame is really a time lapse. 'auto' takes it as time and says so, unless the file states a Z step; 'no' refuses such a file.", choices={"auto", "yes", "no"}, value="auto", persist=false) z_is_time
#@ Boolean (label="Picture", description="Draw the ROIs and their traces.", value=true, persist=false) picture

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("measure_rois", imp, [roi_choice: roi_choice, all_movies: all_movies, roi_file: roi_file, output_folder: output_folder, channel: channel, roi_numbers: roi_numbers, span: span, window_before: window_before, window_after: window_after, background: background, f0_from: f0_from, f0_frames: f0_frames, ring_gap: ring_gap, ring_width: ring_width, point_radius: point_radius, first_frame: first_frame, last_frame: last_frame, every_nth: every_nth, bad_frames: bad_frames, scene: scene, colour: colour, frame_interval_s: frame_interval_s, pixel_size_um: pixel_size_um, z_is_time: z_is_time, picture: picture])
return null
