/// The product version, as `sentinel version`, `/health` and the OpenAPI document tell it.
package let version = "0.1.0"
