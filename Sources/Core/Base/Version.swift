/// The product version, shown by `sentinel version`, `/health` and the OpenAPI document.
package let version = "0.1.0"
