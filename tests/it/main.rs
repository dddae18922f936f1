//! Journeys over whole hubs, and the shape of the house.

mod architecture;
