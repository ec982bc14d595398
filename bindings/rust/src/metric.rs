// SPDX-License-Identifier: Apache-2.0
//! Metrics: what an instance has counted, and the sizes it knows.

use crate::call::{accessors, c_text, give, handle, listing, sized, text};
use crate::error::Result;
use crate::instance::Instance;
use crate::sys;
use std::ptr;

handle! {
    /// One sample of a metric.
    shared Metric, lreg_metric, lreg_metric_free
}

accessors! { Metric {
    /// Of the sample: the family's, for a histogram with "_bucket", "_sum" or "_count" behind it.
    name -> text lreg_metric_name;
    /// Such as "libregistry_http_requests_total".
    family -> text lreg_metric_family;
    /// "counter", "gauge" or "histogram".
    kind -> text lreg_metric_type;
    /// What the family counts.
    help -> text lreg_metric_help;
} }

impl Metric {
    /// The labels, in order.
    pub fn labels(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        loop {
            let (mut name, mut value) = (ptr::null(), ptr::null());
            // SAFETY: the handle is alive; texts are borrowed until it ends, which is when `self` is dropped.
            unsafe {
                if sys::lreg_metric_label_at(self.as_ptr(), found.len(), &mut name, &mut value) == 0 {
                    return found;
                }
                found.push((text(name), text(value)));
            }
        }
    }

    /// In the unit of the name: seconds, bytes, or a number of things.
    pub fn value(&self) -> f64 {
        // SAFETY: the handle is alive.
        let (value, decimals) = unsafe {
            (sys::lreg_metric_value(self.as_ptr()), sys::lreg_metric_decimals(self.as_ptr()))
        };
        value as f64 / 10f64.powi(decimals)
    }
}

listing! {
    /// Metrics, the samples of a family one after the other.
    Metrics of Metric, lreg_metrics_list, lreg_metrics_list_next, lreg_metrics_list_close
}

impl Instance {
    /// The metrics whose family's name begins with `prefix`; "": all.
    pub fn metrics(&self, prefix: &str) -> Result<Metrics> {
        let prefix = c_text(prefix)?;
        let mut filter = sized!(lreg_metrics_filter);
        filter.name_prefix = prefix.as_ptr();
        // SAFETY: the instance is alive, and filter and text live until the call returns.
        give(|out, error| unsafe { sys::lreg_metrics_list_open(self.as_ptr(), &filter, out, error) }).map(Metrics)
    }
}
